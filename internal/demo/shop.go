package demo

import (
	"context"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/pay"
)

// Hurry shortens the sample configuration's waits to what somebody watching
// has patience for: what takes minutes in a store takes seconds here.
func Hurry(c *app.Config) {
	c.Listen = app.Listen{Connector: "127.0.0.1:0", Portal: "127.0.0.1:0", Admin: "127.0.0.1:0"}
	c.PublicURL = ""
	c.Receipt.EMVWait, c.Receipt.Schedule = 3*time.Second, []time.Duration{time.Second, 2 * time.Second}
	p := &c.Stores[0].Pay
	p.Adjust.PendingFirst, p.Adjust.PendingCeiling = 300*time.Millisecond, 2*time.Second
	p.Retry.First, p.Retry.Ceiling = 50*time.Millisecond, 2*time.Second
	p.Retry.ThrottleDefault, p.Retry.DeniedProbe = time.Second, time.Second
	p.Capture.EvidenceGrace = 2 * time.Second
}

// Shop lets shoppers through the gates, parallel at once, until the last has
// left.
func (w *World) Shop(ctx context.Context, trips, parallel int, progress func(load.Tally)) (load.Tally, error) {
	store := w.App.Config().Stores[0]
	var items []load.Item
	for _, it := range store.Prices.Items {
		item := load.Item{SKU: it.SKU, Unit: it.Unit}
		if item.Unit == "" {
			item.Unit = "each"
		}
		item.Weighed = item.Unit != "each"
		if len(it.Barcodes) > 0 {
			item.Barcode = it.Barcodes[0]
		}
		items = append(items, item)
	}
	return load.Run(ctx, load.Config{
		Sim: w.Sim, StoreID: store.ID, Items: items, Visitors: w.visitor, Trips: trips, Parallel: parallel, Seed: w.cfg.Seed,
		Progress: progress,
		Code: func(ctx context.Context, visitorID string) (string, error) {
			code, err := w.App.Gate.IssueCode(ctx, store.ID, visitorID)
			return code.Text, err
		},
	})
}

// Tidy does what a store's staff does with the carts that wait for them: it
// takes the suggested item where there is one and drops the line where there is
// none. It returns how many carts it resolved.
func (w *World) Tidy(ctx context.Context) (int, error) {
	bad, err := w.App.Carts.Bad(ctx, "")
	if err != nil {
		return 0, err
	}
	for _, b := range bad {
		r := cart.Resolution{TripID: b.TripID, Operator: "demo", Reason: "nobody sells this"}
		for _, l := range b.Lines {
			switch {
			case l.Trouble == "":
			case len(l.Suggestions) > 0:
				r.Fixes = append(r.Fixes, cart.Fix{No: l.No, SKU: l.Suggestions[0].SKU})
			default:
				r.Fixes = append(r.Fixes, cart.Fix{No: l.No, Drop: true})
			}
		}
		if err := w.App.Carts.Resolve(ctx, r); err != nil {
			return 0, err
		}
	}
	return len(bad), nil
}

// Decide does what a store's staff does with the payments that wait for them:
// it looks into Amazon's books and ends each doubt about a Capture with what
// they say, and sends on or lets go what was refused. It returns how many
// payments it dealt with.
func (w *World) Decide(ctx context.Context) (int, error) {
	parked, err := w.App.Pay.Parked(ctx)
	if err != nil {
		return 0, err
	}
	taken := map[string]bool{}
	for _, t := range w.Sim.Books().Trips {
		taken[t.TripID] = t.Captured > 0
	}
	for _, p := range parked {
		if p.ParkedFrom == pay.CaptureUnknown {
			err = w.App.Pay.DecideUnknown(ctx, p.TripID, taken[p.TripID], "demo", "as Amazon's books say")
		} else {
			err = w.App.Pay.CancelTrip(ctx, p.TripID, "demo", "it cannot be charged")
		}
		if err != nil {
			return 0, err
		}
	}
	return len(parked), nil
}

// Minute is the patience of somebody watching: what is due later is at rest.
const Minute = time.Minute

// Rest waits until no job is running or due within a horizon: every payment
// and receipt is final, or waits for a person or for a later clock.
func (w *World) Rest(ctx context.Context, horizon time.Duration, progress func(left int)) error {
	idle, before := 50*time.Millisecond, 0
	for {
		pending, next, err := w.App.Jobs.Rest(ctx)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(pending)
		}
		if pending == 0 || time.Until(next) > horizon {
			return nil
		}
		// Idle for longer the longer nothing changes, so that a day of waiting
		// for one answer is not spent asking.
		if idle = min(2*idle, horizon/60); pending != before {
			idle, before = 50*time.Millisecond, pending
		}
		pause := time.NewTimer(max(idle, min(time.Until(next), horizon/60)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}
