package jwosim

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
)

//go:embed shop
var shopFiles embed.FS

// shopDoors are what the shop page needs beside the other doors.
var shopDoors = []door{
	{"GET", "/shelf", "what is on a store's shelf; ?store= ?q= ?category= ?limit=", "", (*Sim).manageShelf},
	{"GET", "/visit/{id}", "one trip with its cart at shelf prices and its money", "", (*Sim).manageVisit},
	{"POST", "/gate/fresh", "draw a fresh code of a shopper's app, where the simulator was given a way to", `{"who": ""}`, (*Sim).manageFresh},
	{"POST", "/out", "everybody walks out; ?store=", "", (*Sim).manageAllOut},
}

// shopTypes are the kinds of files the page is made of.
var shopTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// shopPolicy lets the page run its own scripts and nothing else. Bodies on the
// page come from a foreign system, so no text may become markup: with trusted
// types and no policy the browser refuses every attempt.
const shopPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// mountShop serves the shop page: /shop, its files, its events and its doors.
func (s *Sim) mountShop(mux *http.ServeMux) {
	mux.HandleFunc("GET /events", s.serveEvents)
	mux.HandleFunc("POST /gate/picture", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxPicture)
		v, err := s.managePicture(r)
		respond(w, v, err)
	})
	mux.HandleFunc("GET /shop", func(w http.ResponseWriter, r *http.Request) { shopFile(w, r, "shop.html") })
	mux.HandleFunc("GET /shop/{file}", func(w http.ResponseWriter, r *http.Request) { shopFile(w, r, r.PathValue("file")) })
}

func shopFile(w http.ResponseWriter, r *http.Request, name string) {
	data, err := fs.ReadFile(shopFiles, path.Join("shop", path.Base(name)))
	kind, known := shopTypes[path.Ext(name)]
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", shopPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-cache") // a newer simulator at this address has another page
	w.Write(data)
}
