package portal

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/web"
)

// Receipts finds receipts: *receipt.Receipts.
type Receipts interface {
	ByToken(ctx context.Context, token string) (receipt.Receipt, error)
}

// Config is what the portal works with.
type Config struct {
	Receipts Receipts
	Codes    CodeIssuer
	// Keys are the keys the app's backend may show; asked each time, so that
	// they can be replaced while running. None: the door is closed.
	Keys    func() []string
	Log     *slog.Logger
	Metrics *metric.Set
}

type portal struct {
	cfg     Config
	views   *metric.Counter
	codes   *metric.Counter
	guesses *web.Limit // unknown receipts asked for, by source
	strange *web.Limit // wrong keys shown, by source
	app     *web.Limit // codes asked for, by key
}

// New makes the portal's handler.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Keys == nil {
		cfg.Keys = func() []string { return nil }
	}
	p := &portal{
		cfg:     cfg,
		views:   cfg.Metrics.Counter("stroll_portal_receipts_total", "Receipts asked for, by what was shown.", "shown"),
		codes:   cfg.Metrics.Counter("stroll_portal_codes_total", "Scan codes asked for by the app, by outcome.", "outcome"),
		guesses: web.NewLimit(30, 2*time.Second, 10_000),
		strange: web.NewLimit(20, 3*time.Second, 10_000),
		app:     web.NewLimit(200, 5*time.Millisecond, 1000),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /r/{token}", p.receipt)
	mux.HandleFunc("POST /app/v1/scan-codes", p.authorized(p.scanCode))
	mux.HandleFunc("GET /app/v1/scan-codes/pattern", p.authorized(p.pattern))
	mux.Handle("GET /assets/", web.Assets())
	mux.HandleFunc("/app/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "not_found", "There is nothing here.")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { web.Error(w, http.StatusNotFound) })
	return web.Secure(mux)
}

// tokens have 26 characters of base 32; anything else is not looked up.
var tokens = regexp.MustCompile(`^[a-z2-7]{26}$`)

// refresh is how often a pending receipt's page looks again. A receipt is
// pending for a minute at most.
const refresh = 4 * time.Second

// receipt shows a receipt.
func (p *portal) receipt(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	from := source(r)
	found := receipt.Receipt{}
	err := error(fault.NotFound)
	if tokens.MatchString(token) {
		found, err = p.cfg.Receipts.ByToken(r.Context(), token)
	}
	switch {
	case errors.Is(err, fault.NotFound):
		// Nobody guesses 130 bits, but nobody needs to try for ever either.
		if !p.guesses.Allow(from) {
			p.views.Inc("throttled")
			w.Header().Set("Retry-After", "60")
			web.Error(w, http.StatusTooManyRequests)
			return
		}
		p.views.Inc("unknown")
		web.Error(w, http.StatusNotFound)
		return
	case err != nil:
		// An outage is shown as one, never as "not found".
		p.cfg.Log.ErrorContext(r.Context(), "receipt not shown", "error", err)
		p.views.Inc("failed")
		web.Error(w, http.StatusServiceUnavailable)
		return
	}
	body, err := found.HTML()
	if err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "receipt not shown", "trip", found.TripID, "error", err)
		p.views.Inc("failed")
		web.Error(w, http.StatusInternalServerError)
		return
	}
	page := web.Page{Title: "Receipt – " + found.Content.Store.Name, Body: body}
	if found.State == receipt.Pending {
		page.Refresh = refresh
		p.views.Inc("pending")
	} else {
		p.views.Inc("receipt")
	}
	web.Write(w, http.StatusOK, page)
}

// source is where a request comes from, for limits. Behind a proxy that is the
// proxy, and the limit is one for all.
func source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
