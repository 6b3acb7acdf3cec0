package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

var (
	//go:embed layout.html
	layoutText string
	//go:embed stroll.css
	css []byte

	layout = template.Must(template.New("layout").Parse(layoutText))
	// cssPath names the content, so that a browser may keep it for ever.
	cssPath = "/assets/stroll." + hash(css) + ".css"
)

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// Page is one page.
type Page struct {
	Title string
	Lang  string // BCP 47 tag; "" is en
	// Refresh makes the browser load the page again after so long; 0 does not.
	Refresh time.Duration
	Body    template.HTML
}

// Write answers with a page.
func Write(w http.ResponseWriter, status int, p Page) {
	if p.Lang == "" {
		p.Lang = "en"
	}
	var b bytes.Buffer
	err := layout.Execute(&b, struct {
		Page
		CSS     string
		Seconds string
	}{p, cssPath, seconds(p.Refresh)})
	if err != nil {
		http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a caller that has gone cannot be told
}

func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.Itoa(int(max(d/time.Second, 1)))
}

// words of the error pages, by status: what is wrong, and what to do.
var words = map[int][2]string{
	http.StatusForbidden:           {"Not allowed", "This request came from another site."},
	http.StatusNotFound:            {"Nothing here", "Please check the address. It is long, and every character counts."},
	http.StatusMethodNotAllowed:    {"Not possible", "This page can only be looked at."},
	http.StatusTooManyRequests:     {"Too many requests", "Please wait a minute and try again."},
	http.StatusServiceUnavailable:  {"Back in a moment", "We cannot answer just now. Please try again in a minute."},
	http.StatusInternalServerError: {"Something went wrong", "The fault is ours. Please try again in a minute."},
}

// Error answers with an error page that tells nothing but its status.
func Error(w http.ResponseWriter, status int) {
	text, ok := words[status]
	if !ok {
		text = words[http.StatusInternalServerError]
	}
	Write(w, status, Page{Title: text[0], Body: template.HTML(`<main class="plain"><h1>` +
		template.HTMLEscapeString(text[0]) + `</h1><p>` + template.HTMLEscapeString(text[1]) + `</p></main>`)})
}

// Assets serves what pages load, below /assets/.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != cssPath {
			Error(w, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(css))
	})
}
