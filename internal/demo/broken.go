package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
)

// Broken lists every invariant of the whole program (docs/design.md) that does
// not hold for a run's payments; none is the only good answer. It may be asked
// at any time at which nothing is under way:
//
//   - a trip is charged once, by one Capture, for no more than was adjusted, and
//     never by a Capture and a Cancel;
//   - what was answered to Amazon is stored: the same purchase, and the same bytes
//     to every delivery; what we hold as told to Amazon, Amazon has;
//   - every payment, report and receipt is in a named state with a clock: a job,
//     or, where a person is waited for, a due date and a reason;
//   - money that moved has a payment that says so, or that says it is not known;
//   - receipt, purchase, payment and ledger show the same integers, and sums are
//     sums of stored lines.
func (w *World) Broken(ctx context.Context, payments []pay.Payment) ([]string, error) {
	b := broken{World: w, ctx: ctx, theirs: map[string]jwosim.TripBook{}, jobs: map[string]outbox.Row{}}
	for _, t := range w.Sim.Books().Trips {
		b.theirs[t.TripID] = t
	}
	rows, err := w.App.Jobs.List(ctx, outbox.Filter{Limit: everything})
	if err != nil {
		return nil, err
	}
	for _, j := range rows {
		b.jobs[j.Kind+" "+j.Key] = j
		// A report that Amazon rejected is a person's by contract (payments 8).
		if j.State == outbox.Parked && j.Kind != pay.ReportJob {
			b.find(j.Key, "job %s is parked: %s", j.Kind, j.Error)
		}
	}
	for _, p := range payments {
		for _, check := range []func(pay.Payment) error{b.money, b.clock, b.cart, b.receipt, b.reports, b.answers} {
			if err := check(p); err != nil {
				return nil, err
			}
		}
	}
	v, err := w.App.Pay.Verify(ctx)
	for _, d := range v.Differences {
		b.all = append(b.all, "our ledger: "+d)
	}
	return b.all, err
}

type broken struct {
	*World
	ctx    context.Context
	theirs map[string]jwosim.TripBook
	jobs   map[string]outbox.Row
	all    []string
}

func (b *broken) find(trip, format string, args ...any) {
	b.all = append(b.all, "trip "+trip+": "+fmt.Sprintf(format, args...))
}

func (b *broken) money(p pay.Payment) error {
	if !slices.Contains(pay.States(), p.State) {
		b.find(p.TripID, "state %q has no name", p.State)
	}
	if p.Captured.Minor < 0 || p.Captured.Minor > p.Authorized.Minor || p.Authorized.Minor > max(p.Total.Minor, p.Hold.Minor) {
		b.find(p.TripID, "captured %s of authorized %s of total %s", p.Captured, p.Authorized, p.Total)
	}
	t := b.theirs[p.TripID]
	doubt := p.State == pay.CaptureUnknown || p.ParkedFrom == pay.CaptureUnknown
	if t.Captured > 0 && p.Captured.Minor == 0 && !doubt && p.State != pay.CaptureDeclined {
		b.find(p.TripID, "Amazon took %d, and we (%s) do not know", t.Captured, p.State)
	}
	done := map[string]bool{}
	for api, bodies := range b.bodies(p.TripID, jwo.APIAdjustCharge, jwo.APICaptureCharge, jwo.APICancelCharge) {
		if len(bodies) > 1 {
			b.find(p.TripID, "%d different bodies were sent to %s", len(bodies), api)
		}
		done[api] = len(bodies) > 0
	}
	if done[jwo.APICaptureCharge] && done[jwo.APICancelCharge] {
		b.find(p.TripID, "a Capture and a Cancel were sent")
	}
	return nil
}

// bodies are the different requests that reached Amazon, by API. A retry sends
// the same bytes, after a restart too; only a cart whose price a person changed
// is adjusted anew, which no run here does.
func (b *broken) bodies(trip string, apis ...string) map[string][]string {
	all := map[string][]string{}
	for _, api := range apis {
		for _, e := range b.Sim.History(jwosim.Filter{TripID: trip, API: api, Direction: jwosim.ToAmazon}) {
			if !slices.Contains(all[api], e.Request) {
				all[api] = append(all[api], e.Request)
			}
		}
	}
	return all
}

func (b *broken) clock(p pay.Payment) error {
	j, has := b.jobs[pay.StepJob+" "+p.TripID]
	switch {
	case p.Final():
	case !has || j.State == outbox.Parked:
		b.find(p.TripID, "waits in %s without a clock", p.State)
	case p.State == pay.Parked && (p.Due.IsZero() || p.Note == ""):
		b.find(p.TripID, "is parked without a due date or a reason (%q)", p.Note)
	case j.State == outbox.Waiting && j.RunAt.After(p.Expires) && p.State != pay.Parked && p.State != pay.CaptureUnknown:
		b.find(p.TripID, "waits in %s until %s, beyond its end at %s", p.State, j.RunAt, p.Expires)
	}
	return nil
}

func (b *broken) cart(p pay.Payment) error {
	t, known := b.theirs[p.TripID]
	c, err := b.App.Carts.Get(b.ctx, b.App.DB.Reader(), p.TripID)
	if errors.Is(err, fault.NotFound) {
		if !p.Opened.IsZero() {
			b.find(p.TripID, "has a payment and no purchase")
		}
		if t.State == "delivered" {
			b.find(p.TripID, "its cart was acknowledged and is not stored")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if p.Opened.IsZero() {
		b.find(p.TripID, "has a purchase and no payment")
	}
	if known && t.State == "delivered" && t.PurchaseID != c.PurchaseID {
		b.find(p.TripID, "Amazon was told purchase %q, we have %q", t.PurchaseID, c.PurchaseID)
	}
	if c.State == cart.Priced && c.Result != nil {
		if p.Total != c.Total || c.Result.Total != c.Total.Minor {
			b.find(p.TripID, "the purchase costs %s, its price is %d, the payment is for %s", c.Total, c.Result.Total, p.Total)
		}
		if why := unsummed(*c.Result); why != "" {
			b.find(p.TripID, "%s", why)
		}
	}
	return nil
}

// unsummed says which sum is not that of the lines; empty when all are.
func unsummed(r price.Result) string {
	var sub, promo, fee, tax, total int64
	for _, l := range r.Lines {
		sub, promo, fee, tax, total = sub+l.Price, promo+l.Promo, fee+l.Fee, tax+l.Tax+l.FeeTax, total+l.Total
	}
	want := sub - promo + fee
	if !r.TaxIncluded {
		want += tax
	}
	if sub != r.SubTotal || promo != r.PromotionsTotal || fee != r.FeesTotal || tax != r.TaxTotal || total != r.Total || want != r.Total {
		return fmt.Sprintf("the lines sum to %d − %d + %d, tax %d, total %d; the price says %d − %d + %d, %d, %d",
			sub, promo, fee, tax, total, r.SubTotal, r.PromotionsTotal, r.FeesTotal, r.TaxTotal, r.Total)
	}
	return ""
}

func (b *broken) receipt(p pay.Payment) error {
	r, err := b.App.Receipts.ByTrip(b.ctx, p.TripID)
	if errors.Is(err, fault.NotFound) {
		if p.Captured.Minor > 0 {
			b.find(p.TripID, "captured %s without a receipt", p.Captured)
		}
		return nil
	}
	if err != nil {
		return err
	}
	c := r.Content
	if c.Price.Total != p.Total.Minor || c.Tender != receipt.TenderCash && c.Captured.Minor+c.Outstanding.Minor != p.Total.Minor {
		b.find(p.TripID, "the receipt shows %d (%s captured, %s open), the payment is for %s", c.Price.Total, c.Captured, c.Outstanding, p.Total)
	}
	if p.State == pay.CaptureInitiated && c.Captured != p.Captured {
		b.find(p.TripID, "the receipt says captured %s, the payment %s", c.Captured, p.Captured)
	}
	if _, has := b.jobs["receipt.complete "+p.TripID]; !has && r.State == receipt.Pending {
		b.find(p.TripID, "the receipt waits without a clock")
	}
	return nil
}

func (b *broken) reports(p pay.Payment) error {
	all, err := b.App.Pay.Reports(b.ctx, p.TripID)
	if err != nil {
		return err
	}
	last, accepted := int64(-1), false
	for _, r := range all {
		if r.Settled.Minor < last {
			b.find(p.TripID, "reported %s settled after %d", r.Settled, last)
		}
		last = r.Settled.Minor
		j, has := b.jobs[pay.ReportJob+" "+p.TripID]
		if r.State == pay.ReportQueued && (!has || j.State == outbox.Parked) {
			b.find(p.TripID, "a report of %s waits without a clock", r.Settled)
		}
		accepted = r.State == pay.ReportAccepted
	}
	if t := b.theirs[p.TripID]; accepted && (t.Reported == nil || t.Reported.Settled.Minor != last) {
		b.find(p.TripID, "we reported %d settled, Amazon has %v", last, t.Reported)
	}
	return nil
}

// answers checks that every delivery of a cart got the same bytes, save those
// that failed.
func (b *broken) answers(p pay.Payment) error {
	first := ""
	for _, e := range b.Sim.History(jwosim.Filter{TripID: p.TripID, API: jwo.APICreatePurchases, Direction: jwosim.FromAmazon}) {
		if e.Status < 200 || e.Status >= 300 {
			continue
		}
		got := strings.TrimSpace(e.Response)
		if first == "" {
			first = got
		}
		if got != first {
			b.find(p.TripID, "its cart was answered %s, and before that %s", got, first)
		}
	}
	return nil
}
