package demo_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
	"github.com/strollhq/stroll/money"
)

// TestScenarios plays every scenario of the simulator against the whole
// program, in virtual time, under each strategy. None may differ, and each must
// be in order under at least one. What ends the process is played in
// internal/cli.
func TestScenarios(t *testing.T) {
	var mu sync.Mutex
	inOrder, why := map[string]bool{"ordering.restart": true}, map[string]string{}
	play := func(t *testing.T, name, strategy string, edit func(*demo.Config, *app.Config), more func(*scenario.Options), match ...string) {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *demo.Config, _ *http.Client) {
				before := c.Edit
				c.Edit = func(a *app.Config) {
					before(a)
					arrange(t, &a.Stores[0], strategy)
					a.Jobs.Lease = time.Hour // one process works alone: no need to look around often
					if edit != nil {
						edit(c, a)
					}
				}
				c.Sim = func(s *jwosim.Config) {
					s.Visitors, s.Strict = nil, true // well-formed is not enough
					if edit != nil {
						s.Stores[0].ScanCodePattern = ""
					}
				}
			}, func(t *testing.T, o opened) {
				list, err := scenario.Match(match...)
				if err != nil {
					t.Fatal(err)
				}
				opt := o.options()
				if more != nil {
					more(&opt)
				}
				r := scenario.Runner{Sim: o.Sim, Options: opt}
				for _, res := range r.RunAll(o.ctx, list, 8, nil) {
					mu.Lock()
					inOrder[res.Name] = inOrder[res.Name] || res.Verdict == scenario.InOrder
					why[res.Name] += name + ": " + res.Reason + "\n"
					mu.Unlock()
					if res.Verdict == scenario.Differs || res.Advised() > 0 {
						t.Errorf("%s\n%+v", res, res.Steps)
					}
				}
				rest(t, o.ctx, o.World)
			})
		})
	}
	t.Run("under", func(t *testing.T) {
		play(t, pay.RetailerManaged, pay.RetailerManaged, nil, nil, "all")
		// Codes and carts are the same under every strategy.
		play(t, pay.AmazonRecommendation, pay.AmazonRecommendation, nil, nil, "card.*", "pay.report-*", "pay.*-then-refused", "r-1*", "plan.*")
		play(t, pay.AmazonManaged, pay.AmazonManaged, nil, nil, "card.*", "pay.report-*", "plan.*")
		play(t, pay.NoStrategy, pay.NoStrategy, nil, nil, "card.*", "plan.*")
		play(t, "a_small_rate", pay.RetailerManaged, func(_ *demo.Config, a *app.Config) {
			a.Stores[0].Gate.Identity.RateLimit = gate.RateLimit{PerSecond: 20, Burst: 40}
		}, func(o *scenario.Options) { o.Burst = 200 }, "entry.rate-limit", "entry.gate-closed")
	})
	for _, sc := range scenario.All() {
		if !inOrder[sc.Name] {
			t.Errorf("%s was in order in no store\n%s", sc.Name, why[sc.Name])
		}
	}
}

// shelf is what the store of the scenarios sells.
const shelf = `
currency: USD
taxes: [{id: ten, name: Ten, percent: 10}, {id: five, name: Five, percent: 5}]
fees: [{id: deposit, name: Deposit, amount: 0.05, tax: exempt}]
items:
  - {sku: PLAIN, name: Plain, price: 10.00, barcodes: ["036000291452"]}
  - {sku: TAXED, name: Taxed, price: 4.25, tax: ten}
  - {sku: OTHER, name: Taxed otherwise, price: 8.00, tax: five}
  - {sku: NUTS, name: Nuts, price: 19.98, unit: kg}
  - {sku: PERCENT, name: Reduced, price: 10.00}
  - {sku: AMOUNT, name: Reduced by a sum, price: 10.00}
  - {sku: BOGO, name: Two for one, price: 4.00}
  - {sku: STACK, name: Reduced twice, price: 10.00}
  - {sku: LIMIT, name: Reduced for two, price: 10.00}
  - {sku: BOTH, name: Reduced and taxed, price: 10.00, tax: ten}
  - {sku: BOTTLE, name: With a deposit, price: 2.00, tax: ten, fees: [deposit]}
  - {sku: GIFT, name: Worth less than its reduction, price: 1.00}
promotions:
  - {id: percent, name: 15 percent, kind: percentage, for: {items: [PERCENT]}, percent: 15, priority: 50}
  - {id: amount, name: 3 off, kind: fixed_amount, for: {items: [AMOUNT]}, amount: 3.00, priority: 50}
  - {id: bogo, name: Two for one, kind: buy_x_get_y, for: {items: [BOGO]}, percent: 100, priority: 50}
  - {id: first, name: 10 percent, kind: percentage, for: {items: [STACK]}, percent: 10, priority: 90}
  - {id: then, name: 2 off, kind: fixed_amount, for: {items: [STACK]}, amount: 2.00, priority: 10}
  - {id: limit, name: Half for two, kind: percentage, for: {items: [LIMIT]}, percent: 50, caps: {per_cart: 2}, priority: 50}
  - {id: both, name: 20 percent, kind: percentage, for: {items: [BOTH]}, percent: 20, priority: 50}
  - {id: gift, name: 5 off, kind: fixed_amount, for: {items: [GIFT]}, amount: 5.00, priority: 50}
`

// totals are carts and what they must cost, reckoned by hand.
var totals = map[string]string{
	"price.rounding":        "TAXED=4.68", // 4.25 and a tax of 0.425
	"price.percentage":      "PERCENT*3=25.50",
	"price.fixed-amount":    "AMOUNT=7.00",
	"price.buy-one-get-one": "BOGO*3=8.00", // two are paid
	"price.stacked":         "STACK=7.00",  // 9.00, and 2.00 off that
	"price.limit":           "LIMIT*3=20.00",
	"price.tax":             "TAXED*2=9.35",
	"price.exempt":          "PLAIN=10.00",
	"price.two-rates":       "TAXED*2,OTHER=17.75", // 8.50 and 0.85, 8.00 and 0.40
	"price.discounted-tax":  "BOTH=8.80",           // 8.00 and 0.80
	"price.total":           "BOTH,BOTTLE=11.05",   // 8.80, and 2.00, 0.20 and 0.05
	"price.never-negative":  "GIFT,PLAIN=10.00",
	"price.large-cart":      strings.Repeat("LINE-%,", 59) + "LINE-%=60.60",
}

// arrange makes the sample store one for scenarios.
func arrange(t *testing.T, st *app.Store, strategy string) {
	t.Helper()
	var spec price.Spec
	if err := app.DecodeYAML("shelf", []byte(shelf), &spec); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		spec.Items = append(spec.Items, price.Item{SKU: fmt.Sprintf("LINE-%d", i), Name: "One of many", Price: money.MustDecimal("1.01")})
	}
	st.Prices = spec
	st.Gate.Strategy = strategy
	st.Gate.Doors.ResolveScan = true
	st.Gate.FA.Fallback = gate.Deny
	st.Gate.FA.Overrides = []gate.Override{
		{Act: gate.Accept, Risk: "Trusted", By: "ann"}, {Act: gate.Deny, Risk: "Watched", By: "ann"}, {Act: gate.Adjust, Risk: "Careful", Amount: money.MustDecimal("7.00"), By: "ann"},
	}
	st.Gate.Rules = nil
}

// options are what is known of this store.
func (o opened) options() scenario.Options {
	priced := map[string]scenario.Priced{}
	for name, text := range totals {
		for i := range strings.Count(text, "%") {
			text = strings.Replace(text, "%", fmt.Sprint(i), 1)
		}
		p, err := scenario.ParsePriced(text)
		if err != nil {
			panic(err)
		}
		priced[name] = p
	}
	return scenario.Options{
		Item: "PLAIN", Weighed: "NUTS", Unit: "kg", Barcode: "036000291452", Priced: priced, Freshness: time.Minute, Fallback: "deny",
		Operator: map[string]string{"accept": "Trusted", "deny": "Watched", "adjust": "Careful"},
		Patience: 5 * time.Minute, Quiet: time.Minute, Code: o.draw, Break: o.breakDown,
	}
}

// breakDown hides the tables in which gate and carts keep what they decide.
func (o opened) breakDown(ctx context.Context) (func(context.Context) error, error) {
	rename := func(ctx context.Context, from, to string) error {
		return o.App.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, table := range []string{"gate_decision", "purchase", "recognition"} {
				if _, err := tx.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s%s RENAME TO %s%s", table, from, table, to)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return func(ctx context.Context) error { return rename(ctx, "_hidden", "") }, rename(ctx, "", "_hidden")
}

// draw makes somebody in a role and draws their code.
func (o opened) draw(ctx context.Context, r scenario.Role) (string, error) {
	now := time.Now()
	s := shopper.Shopper{
		ID: fmt.Sprintf("%s-%d", r, time.Now().UnixNano()), Kind: "SHOPPER", Name: string(r), Status: "active", PaymentMethod: true, CardExpires: now.AddDate(1, 0, 0), Created: now,
	}
	switch r {
	case scenario.Associate:
		s.Kind = "ASSOCIATE"
	case scenario.Cash:
		s.Kind, s.PaymentMethod = "CASH_SHOPPER", false
	case scenario.Debtor:
		s.ID = "debtor"
	}
	if err := o.App.Shoppers.Put(ctx, s); err != nil {
		return "", err
	}
	code, err := o.App.Gate.IssueCode(ctx, demo.StoreID, s.ID)
	if err != nil {
		return "", err
	}
	switch r {
	case scenario.Flagged:
		s.Fraud = true
	case scenario.OldCard:
		s.CardExpires = now.AddDate(0, -1, 0)
	case scenario.NoMethod:
		s.PaymentMethod = false
	case scenario.Revoked:
		return code.Text, o.App.Gate.Revoke(ctx, code.Token)
	case scenario.Indebted:
		return code.Text, o.indebt(ctx, s.ID)
	default:
		return code.Text, nil
	}
	return code.Text, o.App.Shoppers.Put(ctx, s)
}

// indebt lets somebody shop whose card declines, until they owe.
func (o opened) indebt(ctx context.Context, id string) error {
	if err := o.Sim.RegisterVisitor(id, "decline_adjust#"+id); err != nil {
		return err
	}
	code, err := o.App.Gate.IssueCode(ctx, demo.StoreID, id)
	if err != nil {
		return err
	}
	trip, err := o.Sim.EnterByCode(ctx, demo.StoreID, code.Text)
	if err != nil {
		return err
	}
	if err := trip.Take(jwosim.Item{ID: "PLAIN"}); err != nil {
		return err
	}
	if err := o.Sim.WalkOut(ctx, trip); err != nil {
		return err
	}
	<-time.After(10 * time.Second)
	return nil
}
