package demo_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwosim"
)

// asked is what reviews ask to be measured, in the contract's words, and the
// series that tells it.
var asked = []struct{ what, series string }{
	// Entry.
	{"verifications by outcome, visitor type and store", `stroll_gate_verifications_total{outcome="accepted",store="STORE",visitor_type="SHOPPER"}`},
	{"refusals by reason, stale codes among them", `stroll_gate_refusals_total{api="VerifyIdentityKeys",reason="code_stale",store="STORE",visitor_type="[A-Z]*"}`},
	{"accepted to refused over a sliding window", `stroll_gate_accepted_ratio{store="STORE"}`},
	{"accepted to refused by visitor type and entry", `stroll_gate_accepted_kind_ratio{entry="SCAN_CODE",store="STORE",visitor_type="SHOPPER"}`},
	{"latency by operation, with the 2 s budget as a boundary", `stroll_gate_answer_seconds_bucket{api="VerifyIdentityKeys",le="2"}`},
	{"latency by operation, with the 2 s budget as a boundary", `stroll_gate_answer_seconds_bucket{api="GetShopperAuthorization",le="2"}`},
	{"duplicates by event id", `stroll_gate_duplicates_total{api="[A-Za-z]+",store="STORE"}`},
	{"age of codes at the scan", `stroll_gate_code_age_seconds_count{store="STORE"}`},
	{"codes issued", `stroll_gate_codes_issued_total{store="STORE"}`},
	{"pre-check failures by kind", `stroll_gate_precheck_failures_total{problem="[a-z_]+",store="STORE"}`},
	{"key age", `stroll_gate_key_since_seconds{key="0",kind="signing",store="STORE"}`},
	{"next rotation", `stroll_gate_key_until_seconds{key="0",kind="signing",store="STORE"}`},
	{"fraud and abuse decisions by strategy", `stroll_gate_authorizations_total{decision="accepted",reason="[a-z_]+",risk="[A-Za-z]+",store="STORE",strategy="amazon_recommendation"}`},
	{"reports", `stroll_pay_reports_total{state="[A-Z]+"}`},
	{"reports queued", `stroll_pay_reports_queued`},
	{"reports parked", `stroll_pay_reports_parked`},
	{"open debts, how many", `stroll_pay_debts_open{cause="[a-z_]+",currency="USD",store="STORE",strategy="amazon_recommendation"}`},
	{"open debts, their sum", `stroll_pay_debts_open_minor{cause="[a-z_]+",currency="USD",store="STORE",strategy="amazon_recommendation"}`},
	{"open debts, their age", `stroll_pay_oldest_debt_seconds{cause="[a-z_]+",currency="USD",store="STORE",strategy="amazon_recommendation"}`},
	// Ordering.
	{"success and latency of Create Purchases", `stroll_api_call_seconds_bucket{api="CreatePurchases",direction="in",status="20[01]",le="0.5"}`},
	{"carts by outcome, entry and visitor type", `stroll_cart_purchases_total{entry="FINANCIAL",kind="SHOPPER",state="PRICED",store="STORE"}`},
	{"carts by outcome, entry and visitor type", `stroll_cart_purchases_total{entry="SCAN_CODE",kind="SHOPPER",state="PRICED",store="STORE"}`},
	{"empty carts", `stroll_cart_purchases_total{entry="[A-Z_]+",kind="SHOPPER",state="EMPTY",store="STORE"}`},
	{"and their cancels", `stroll_pay_transitions_total{state="CANCEL_INITIATED"}`},
	{"lines by item type", `stroll_cart_lines_total{store="STORE",type="SKU"}`},
	{"lines by item type", `stroll_cart_lines_total{store="STORE",type="SCANCODE"}`},
	{"replays, and changed ones apart", `stroll_cart_replays_total{changed="(no|false|0)",store="STORE"}`},
	{"bad carts open", `stroll_cart_waiting`},
	{"bad carts, the oldest's age", `stroll_cart_waiting_oldest_seconds`},
	{"from arrival to priced", `stroll_cart_priced_seconds_count{store="STORE"}`},
	{"from arrival to charged", `stroll_receipt_charged_seconds_count{store="STORE"}`},
	{"from arrival to receipt", `stroll_receipt_ready_seconds_count{store="STORE"}`},
	{"time left for the oldest uncharged cart", `stroll_pay_uncharged_remaining_seconds`},
	// Readiness.
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="VerifyIdentityKeys",direction="in",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="GetShopperAuthorization",direction="in",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="AdjustCharge",direction="out",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="CaptureCharge",direction="out",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="CancelCharge",direction="out",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="GetTransactionalData",direction="out",status="200"}`},
	{"count, outcome and latency of each API", `stroll_api_call_seconds_count{api="ReportPaymentStatus",direction="out",status="200"}`},
	{"age of carts that are not charged", `stroll_pay_oldest_open_seconds`},
	{"calls whose outcome is not known", `stroll_pay_unknown_total{op="[a-z]+"}`},
	{"calls made again", `stroll_pay_retries_total{op="[a-z]+"}`},
	{"jobs by kind and end", `stroll_outbox_jobs_total{kind="pay.step",outcome="done"}`},
	{"jobs for a person", `stroll_pay_parked`},
}

// TestMetricsAfterABadDay looks for everything the reviews ask for on the page
// that Prometheus reads, after a day on which everything happened.
func TestMetricsAfterABadDay(t *testing.T) {
	inWorld(t, func(c *demo.Config, _ *http.Client) {
		c.Faults, c.Seed = jwosim.HeavyFaults(), 5
		edit := c.Edit
		c.Edit = func(a *app.Config) {
			edit(a)
			a.Stores[0].Gate.Strategy = "amazon_recommendation"
		}
	}, func(t *testing.T, o opened) {
		o.shop(t, 40)
		if _, err := o.App.Gate.IssueCode(o.ctx, demo.StoreID, "shopper-10"); err == nil {
			t.Error("a code for an expired card")
		}
		for _, who := range []string{"shopper-01", "shopper-02", "shopper-03"} { // who show a code they drew long ago
			code, err := o.App.Gate.IssueCode(o.ctx, demo.StoreID, who)
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
			if trip, err := o.Sim.EnterByCode(o.ctx, demo.StoreID, code.Text); err == nil {
				t.Errorf("trip %v on a stale code", trip)
			}
		}
		status, _, page := o.get(t, o.Addresses()["admin"]+"/metrics")
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, page)
		}
		for _, a := range asked {
			pattern := strings.NewReplacer("STORE", demo.StoreID, "{", `\{`, "}", `\}`).Replace(a.series)
			if !regexp.MustCompile(`(?m)^` + pattern + ` `).MatchString(page) {
				t.Errorf("%s: no %s", a.what, a.series)
			}
		}
		// Labels are for machines that keep them for years: nobody's id is one.
		for _, word := range []string{"shopper-0", "shopper-1", "shopper-2", "shopper-3", "STROLL0"} {
			for line := range strings.Lines(page) {
				if strings.Contains(line, word) && !strings.Contains(line, `kind="prefix"`) {
					t.Errorf("a metric names somebody: %s", line)
				}
			}
		}
		if t.Failed() {
			t.Log(regexp.MustCompile(`(?m)^(#|go_|.*_bucket).*\n`).ReplaceAllString(page, ""))
		}
	})
}
