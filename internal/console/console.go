package console

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/web"
)

// Config is what the console shows.
type Config struct {
	// Ready is nil while the program can take work.
	Ready func(ctx context.Context) error
	// Metrics is served as it is.
	Metrics http.Handler
	// Pages are linked in this order.
	Pages []Page
	Log   *slog.Logger
}

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// New makes the console's handler.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		say(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("/readyz", c.ready)
	mux.Handle("/metrics", c.Metrics)
	mux.Handle("/assets/", web.Assets())
	for _, p := range c.Pages {
		mux.HandleFunc(p.pattern(), func(w http.ResponseWriter, r *http.Request) { c.show(w, r, p) })
		mux.HandleFunc(p.json(), func(w http.ResponseWriter, r *http.Request) { c.json(w, r, p) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.write(w, r, http.StatusNotFound, Page{Title: "Nothing here", About: "There is no such page."}, View{})
	})
	return web.Secure(readOnly(mux))
}

// readOnly refuses everything but looking: the console changes nothing.
func readOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			web.Error(w, http.StatusMethodNotAllowed)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// patience is how long the question for readiness may take: whoever asks has
// little, and a database that takes longer cannot take work.
const patience = 2 * time.Second

func (c Config) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), patience, errors.New("the database does not answer"))
	defer cancel()
	err := c.Ready(ctx)
	if err == nil {
		say(w, http.StatusOK, "ready")
		return
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c.Log.WarnContext(ctx, "not ready", "error", err)
	say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a caller that has gone cannot be told
}

func (c Config) show(w http.ResponseWriter, r *http.Request, p Page) {
	view, err := p.Load(r.Context())
	if err != nil {
		c.Log.ErrorContext(r.Context(), "console", "page", p.Path, "error", err)
		web.Error(w, fault.Status(err))
		return
	}
	c.write(w, r, http.StatusOK, p, view)
}

func (c Config) write(w http.ResponseWriter, r *http.Request, status int, p Page, v View) {
	var b strings.Builder
	err := page.Execute(&b, struct {
		Page
		View
		Pages []Page
		Data  string
	}{p, v, c.Pages, p.json()})
	if err != nil {
		c.Log.ErrorContext(r.Context(), "console", "page", p.Path, "error", err)
		web.Error(w, http.StatusInternalServerError)
		return
	}
	web.Write(w, status, web.Page{Title: p.Title + " · Stroll", Body: template.HTML(b.String())})
}

func (c Config) json(w http.ResponseWriter, r *http.Request, p Page) {
	view, err := p.Load(r.Context())
	value := view.JSON
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		c.Log.ErrorContext(r.Context(), "console", "page", p.Path, "error", err)
		w.WriteHeader(fault.Status(err))
		value = map[string]string{"error": "the page could not be read; the log says why"}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(value) // a caller that has gone cannot be told
}
