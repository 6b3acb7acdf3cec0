package cart

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/jwo"
)

// watch is what the reviews ask to see of carts (contract: ordering 8), and
// the alerts: log records with the attribute alert, and one counter. Neither
// carries a shopper's id or a line's content.
type watch struct {
	log      *slog.Logger
	carts    *metric.Counter
	lines    *metric.Counter
	replays  *metric.Counter
	failures *metric.Counter
	alerts   *metric.Counter
	toPrice  *metric.Seconds
}

func newWatch(cfg Config) *watch {
	m := cfg.Metrics
	w := &watch{
		log:      cfg.Log,
		carts:    m.Counter("stroll_cart_purchases_total", "Carts taken, by state, entry and visitor type.", "store", "state", "entry", "kind"),
		lines:    m.Counter("stroll_cart_lines_total", "Lines of carts taken, by item type.", "store", "type"),
		replays:  m.Counter("stroll_cart_replays_total", "Carts that had been taken before; changed when the content differed.", "store", "changed"),
		failures: m.Counter("stroll_cart_failures_total", "Carts that could not be kept.", "store"),
		alerts:   m.Counter("stroll_cart_alerts_total", "Alerts raised about carts.", "alert"),
		toPrice:  m.Seconds("stroll_cart_priced_seconds", "Time from a cart's arrival to its price.", "store"),
	}
	m.GaugeFunc("stroll_cart_waiting", "Carts that wait for an operator or a price list.", func() float64 {
		n, _ := waiting(cfg.DB)
		return n
	})
	m.GaugeFunc("stroll_cart_waiting_oldest_seconds", "Age of the oldest cart that waits for an operator or a price list.", func() float64 {
		_, age := waiting(cfg.DB)
		return age
	})
	return w
}

// waiting is the number of carts that wait, and the age of the oldest in
// seconds.
func waiting(d *db.DB) (n, age float64) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var count, oldest int64
	err := d.Reader().QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MIN(received), 0) FROM purchase
		WHERE state IN ('`+Bad+`', '`+InReview+`', '`+Unpriced+`')`).Scan(&count, &oldest)
	if err != nil || count == 0 {
		return 0, 0
	}
	return float64(count), time.Since(moment(oldest)).Seconds()
}

func (w *watch) alert(ctx context.Context, name, text string, args ...any) {
	w.alerts.Inc(name)
	w.log.ErrorContext(ctx, text, append([]any{"alert", name}, args...)...)
}

// taken counts a new purchase.
func (w *watch) taken(ctx context.Context, p *Purchase) {
	w.carts.Inc(p.StoreID, p.State, p.Entry, p.Kind)
	for _, l := range p.Lines {
		w.lines.Inc(p.StoreID, l.Type)
	}
	if !p.PricedAt.IsZero() {
		w.priced(p.StoreID, time.Since(p.Received))
	}
	switch {
	case p.State == Bad:
		w.bad(ctx, p)
	case p.State == Unpriced:
		w.alert(ctx, "unpriced_cart", "cart kept without a price", "store", p.StoreID, "trip", p.TripID)
	case p.has(FlagNoPayer), p.has(FlagNoAuthEvents):
		w.alert(ctx, "cart_review", "cart flagged for review", "store", p.StoreID, "trip", p.TripID, "flags", strings.Join(p.Flags, ","))
	}
}

func (w *watch) bad(ctx context.Context, p *Purchase) {
	n := 0
	for _, l := range p.Lines {
		if l.Trouble != "" {
			n++
		}
	}
	w.alert(ctx, "bad_cart", "cart has lines without a price", "store", p.StoreID, "trip", p.TripID, "lines", n, "of", len(p.Lines))
}

func (w *watch) priced(storeID string, took time.Duration) { w.toPrice.Observe(took, storeID) }

func (w *watch) failed(storeID string) { w.failures.Inc(storeID) }

func (w *watch) replayed(p Purchase, changed bool) {
	w.replays.Inc(p.StoreID, map[bool]string{true: "yes", false: "no"}[changed])
}

// Refused raises the alert that names the fields of a cart whose form this
// package refused (contract: ordering 9.3). The values sent are not logged, and
// a store we do not serve is "unknown". It does not count: every 400, also those
// that never get this far, is counted once by the door
// (stroll_connector_refused_total, stroll_connector_faulty_fields_total).
func (c *Carts) Refused(storeID string, fields jwo.FieldErrors) {
	if _, ok := c.cfg.Settings(storeID); !ok {
		storeID = "unknown"
	}
	c.watch.alert(context.Background(), "refused_cart", "cart refused", "store", storeID, "errors", fields.Error())
}
