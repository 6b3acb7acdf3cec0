package demo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// debtor is somebody whose card fails, and how they enter.
type debtor struct {
	opened
	strategy string
	card     string // taps it, if not empty
	visitor  string // else shows a code
	cause    string
	who      pay.Who
}

const (
	indebtedVisitor = "shopper-05"
	debtItem        = "DRK-001"
)

var strategies = []string{pay.RetailerManaged, pay.AmazonRecommendation, pay.AmazonManaged, pay.NoStrategy}

// inWorld opens a store under the debtor's strategy.
func (d debtor) inWorld(t *testing.T, magic string, more func(*demo.Config), f func(*debtor, *testing.T)) {
	inWorld(t, func(c *demo.Config, _ *http.Client) {
		edit := c.Edit
		c.Edit = func(a *app.Config) {
			edit(a)
			a.Stores[0].Gate.Strategy = d.strategy
			a.Stores[0].Prices.Promotions = nil
			// Days in which one process works alone: no need to look around often.
			a.Jobs.Lease = time.Hour
		}
		c.Sim = func(s *jwosim.Config) { s.Visitors = map[string]string{indebtedVisitor: magic + "#app"} }
		if more != nil {
			more(c)
		}
	}, func(t *testing.T, o opened) {
		d.opened = o
		f(&d, t)
		d.sound(t)
	})
}

// enter is one more visit.
func (d *debtor) enter() (*jwosim.Trip, error) {
	if d.card != "" {
		return d.Sim.EnterByCard(d.ctx, demo.StoreID, d.card)
	}
	code, err := d.App.Gate.IssueCode(d.ctx, demo.StoreID, d.visitor)
	if err != nil {
		return nil, err
	}
	return d.Sim.EnterByCode(d.ctx, demo.StoreID, code.Text)
}

// begin enters and fills the cart.
func (d *debtor) begin(t *testing.T) *jwosim.Trip {
	t.Helper()
	trip, err := d.enter()
	if err != nil {
		t.Fatal(err)
	}
	if err := trip.Take(jwosim.Item{ID: debtItem, Quantity: "3"}); err != nil {
		t.Fatal(err)
	}
	return trip
}

func (d *debtor) debt(t *testing.T, trip *jwosim.Trip) pay.Debt {
	t.Helper()
	debt, err := d.App.Pay.Debt(d.ctx, d.App.DB.Reader(), trip.ID())
	if err != nil {
		t.Fatal(err)
	}
	return debt
}

func (d *debtor) rest(t *testing.T) {
	t.Helper()
	<-time.After(time.Second)
	if err := d.Rest(d.ctx, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
}

// reports tells whether the strategy's outcomes go to Amazon.
func (d *debtor) reports() bool {
	return d.strategy == pay.AmazonManaged || d.strategy == pay.AmazonRecommendation
}

// refused checks that the gate stays closed in the words of the strategy, also
// for a code that was made before.
func (d *debtor) refused(t *testing.T, when, before string) {
	t.Helper()
	if d.card == "" {
		_, err := d.enter()
		pre, ok := errors.AsType[*gate.PreCheck](err)
		if !ok || !slices.Equal(pre.Fixes, []gate.Fix{{Problem: gate.Debt, Text: "pay the open balance"}}) {
			t.Errorf("%s the app got %v instead of a pre-check that names the debt", when, err)
		}
		if before == "" {
			return
		}
		_, err = d.Sim.EnterByCode(d.ctx, demo.StoreID, before)
		r, ok := errors.AsType[*jwosim.Refused](err)
		if !ok || r.Gate != "identity" || r.Status != http.StatusUnauthorized {
			t.Errorf("%s a code from before: %v, want 401", when, err)
		}
		d.decided(t, jwo.APIVerifyIdentityKeys, r)
		return
	}
	trip, err := d.enter()
	r, ok := errors.AsType[*jwosim.Refused](err)
	switch {
	case d.strategy == pay.NoStrategy: // nobody asks us about a card
		if err != nil {
			t.Errorf("%s nobody decides about cards, and %v", when, err)
		} else if got := d.Sim.History(jwosim.Filter{API: jwo.APIGetShopperAuthorization, TripID: trip.ID()}); len(got) > 0 {
			t.Errorf("%s we were asked %d times", when, len(got))
		}
	case !ok:
		t.Errorf("%s the card came in: %v", when, err)
	case d.strategy == pay.AmazonManaged:
		if r.Gate != "amazon" || r.Reason != "bad_debt" || r.Tries != 0 {
			t.Errorf("%s: %+v, want Amazon's own refusal", when, r)
		}
	default:
		if r.Gate != "authorization" || r.Status != http.StatusOK || !slices.Contains(r.Risks, jwo.RiskBadDebt) {
			t.Errorf("%s: %+v, want 200, not authorized, BadDebt", when, r)
		}
		d.decided(t, jwo.APIGetShopperAuthorization, r)
	}
}

// decided checks that our own record says why.
func (d *debtor) decided(t *testing.T, api string, r *jwosim.Refused) {
	t.Helper()
	list, err := d.App.Gate.Decisions(d.ctx, gate.Filter{API: api, Outcome: gate.Refused, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Reason != gate.Debt {
		t.Errorf("the refusal of event %s is kept as %+v", r.EventID, list)
	}
}

func (d *debtor) admitted(t *testing.T, when string) {
	t.Helper()
	if _, err := d.enter(); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

// pay pays a part of what is owed, twice under one key, which is once, and
// tries to pay too much, which is refused.
func (d *debtor) pay(t *testing.T, key string, minor, owed int64) {
	t.Helper()
	o := pay.Payoff{Key: key, Who: d.who, Amount: money.New(minor, "USD"), By: "the shopper"}
	much := o
	much.Key, much.Amount.Minor = key+" too much", owed+1
	if _, err := d.App.Pay.PayOff(d.ctx, much); !errors.Is(err, fault.Invalid) {
		t.Errorf("paying %d of %d: %v", much.Amount.Minor, owed, err)
	}
	for range 2 {
		got, err := d.App.Pay.PayOff(d.ctx, o)
		if err != nil || got.State != pay.PayoffConfirmed {
			t.Fatalf("payoff %s: %+v, %v", key, got, err)
		}
	}
	b, err := d.App.Pay.Owed(d.ctx, d.App.DB.Reader(), d.who)
	if err != nil || b.Amount.Minor != owed-minor {
		t.Errorf("owed after paying %d of %d twice under one key: %v, %v", minor, owed, b, err)
	}
}

// told checks the settled amounts Amazon accepted of a trip, in order. Under
// strategies that do not report there is none.
func (d *debtor) told(t *testing.T, trip *jwosim.Trip, total int64, settled ...int64) {
	t.Helper()
	if !d.reports() {
		if all := d.Sim.History(jwosim.Filter{API: jwo.APIReportPaymentStatus}); len(all) > 0 {
			t.Errorf("%s: Amazon was told %d times, first %s", d.strategy, len(all), all[0].Request)
		}
		settled = nil
	}
	var got []int64
	for _, e := range d.Sim.History(jwosim.Filter{API: jwo.APIReportPaymentStatus, TripID: trip.ID(), Status: http.StatusOK}) {
		var r jwo.ReportPaymentStatusRequest
		if err := json.Unmarshal([]byte(e.Request), &r); err != nil {
			t.Fatal(err)
		}
		all, err1 := r.TotalAmount.Money()
		part, err2 := r.SettledAmount.Money()
		if err := errors.Join(err1, err2); err != nil || all.Minor != total {
			t.Errorf("reported a total of %v instead of %d, %v", all, total, err)
		}
		got = append(got, part.Minor)
	}
	if diff := cmp.Diff(settled, got); diff != "" {
		t.Errorf("settled amounts told to Amazon (-want +got):\n%s", diff)
	}
	book := d.book(t, trip)
	if (book.Reported == nil) != (len(settled) == 0) || book.Reports != len(settled) {
		t.Errorf("Amazon has %d reports, the last %+v, want %d", book.Reports, book.Reported, len(settled))
	}
}

func (d *debtor) book(t *testing.T, trip *jwosim.Trip) jwosim.TripBook {
	t.Helper()
	for _, b := range d.Sim.Books().Trips {
		if b.TripID == trip.ID() {
			return b
		}
	}
	t.Fatalf("Amazon does not know trip %s", trip.ID())
	return jwosim.TripBook{}
}

// sound checks both sides' books by themselves.
func (d *debtor) sound(t *testing.T) {
	t.Helper()
	if b := d.Sim.Books(); b.Balanced != "" || len(b.Findings) > 0 {
		t.Errorf("Amazon's books: %s %v", b.Balanced, b.Findings)
	}
	v, err := d.App.Pay.Verify(d.ctx)
	if err != nil || len(v.Differences) > 0 {
		t.Errorf("our ledger: %v %v", v.Differences, err)
	}
}
