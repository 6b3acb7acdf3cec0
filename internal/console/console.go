package console

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/web"
)

// Config is what the console shows.
type Config struct {
	// Ready is nil while the program can take work.
	Ready func(ctx context.Context) error
	// Metrics is served as it is.
	Metrics http.Handler
	// Pages are shown in this order.
	Pages []Page
	Log   *slog.Logger
}

// Page is one table of the console, as a page and, under the same path with
// .json behind it, as JSON.
type Page struct {
	Path  string // "/books"
	Title string
	About string // one sentence above the table
	// Load reads what the page shows: tables for the page, and a value that
	// becomes the JSON.
	Load func(ctx context.Context) (tables []Table, value any, err error)
}

// Table is a heading, columns and rows of text. A column whose name ends with
// a blank holds numbers.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]Cell
	Empty   string // said instead of a table without rows
}

// Cell is text, perhaps a link, perhaps marked as good or bad.
type Cell struct {
	Text string
	Link string
	Mark string // "", "good" or "bad"
}

// Text makes cells of plain text.
func Text(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}

// Number says that a column holds numbers.
func (t Table) Number(column int) bool {
	return column < len(t.Columns) && strings.HasSuffix(t.Columns[column], " ")
}

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// New makes the console's handler.
func New(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		say(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := c.Ready(r.Context()); err != nil {
			c.Log.WarnContext(r.Context(), "not ready", "error", err)
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", c.Metrics)
	mux.Handle("GET /assets/", web.Assets())
	for _, p := range c.Pages {
		mux.HandleFunc("GET "+p.Path, func(w http.ResponseWriter, r *http.Request) { c.show(w, r, p) })
		mux.HandleFunc("GET "+p.Path+".json", func(w http.ResponseWriter, r *http.Request) { c.json(w, r, p) })
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		c.write(w, Page{Title: "Stroll", About: "What this store's system knows about itself."}, nil)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { web.Error(w, http.StatusNotFound) })
	return web.Secure(mux)
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func (c Config) show(w http.ResponseWriter, r *http.Request, p Page) {
	tables, _, err := p.Load(r.Context())
	if err != nil {
		c.Log.ErrorContext(r.Context(), "console", "page", p.Path, "error", err)
		web.Error(w, fault.Status(err))
		return
	}
	c.write(w, p, tables)
}

func (c Config) write(w http.ResponseWriter, p Page, tables []Table) {
	var b strings.Builder
	err := page.Execute(&b, struct {
		Page
		Tables []Table
		Pages  []Page
	}{p, tables, c.Pages})
	if err != nil {
		c.Log.Error("console", "page", p.Path, "error", err)
		web.Error(w, http.StatusInternalServerError)
		return
	}
	web.Write(w, http.StatusOK, web.Page{Title: p.Title + " · Stroll", Body: template.HTML(b.String())})
}

func (c Config) json(w http.ResponseWriter, r *http.Request, p Page) {
	_, value, err := p.Load(r.Context())
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
