package pay_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/pay/simproc"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// tell buys in a store whose outcomes are reported.
func (w *world) tell(cardID, total string) string {
	w.t.Helper()
	trip := w.enter(told, cardID)
	w.open(opening(told, trip, usd(total)))
	w.pass(10 * time.Second)
	return trip
}

// reports demands the reports of a trip.
func (w *world) reports(trip, want string) {
	w.t.Helper()
	if got := w.reported(trip); got != want {
		w.t.Errorf("reported %s, want %s", got, want)
	}
}

// unsent is a report refused by Amazon for good: an operator's.
func unsent(outcome string) func(*world) {
	return func(w *world) {
		w.force(jwo.APIReportPaymentStatus, outcome)
		trip := w.tell("approve", "10")
		w.pass(time.Hour)
		w.reports(trip, "10.00/10.00 PARKED;")
		if n := w.count(trip, jwo.APIReportPaymentStatus); n != 1 || !w.alerted(trip, pay.AlertReportParked) {
			w.t.Errorf("%d reports", n)
		}
		if err := w.pay.RetryReport(w.t.Context(), trip, 1, "ann", "asked Amazon"); err != nil {
			w.t.Fatal(err)
		}
		w.pass(time.Minute)
		w.reports(trip, "10.00/10.00 ACCEPTED;")
	}
}

func TestReportPaymentStatus(t *testing.T) {
	accepted := func(w *world) { trip := w.tell("approve", "10"); w.reports(trip, "10.00/10.00 ACCEPTED;") }
	scenarios(t, []scenario{
		{"TC001_valid_accepted", setup{}, accepted},
		{"TC002_valid_rejected_waits_for_an_operator", setup{}, func(w *world) {
			trip := w.tell("reject_reports", "10")
			w.pass(time.Hour)
			w.reports(trip, "0.00/10.00 PARKED;")
			if n := w.count(trip, jwo.APIReportPaymentStatus); n != 1 {
				w.t.Errorf("%d reports: no blind retry", n)
			}
			if n := w.scrape()[`stroll_pay_reports_total{state="REJECTED"}`]; n != "1" {
				w.t.Errorf("%q rejections are counted", n)
			}
			w.payoff("k", trip, usd("10"))
			if w.debt(trip).State != pay.DebtResolved {
				w.t.Error("the debt is not cleared with us")
			}
		}},
		{"TC003_settled_below_total", once, func(w *world) {
			trip := w.tell("partial_50", "10")
			w.reports(trip, "5.00/10.00 ACCEPTED;")
		}},
		{"TC004_zero_amount", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Cancel.ReportNothing = true }}, func(w *world) {
			trip := w.tell("approve", "0")
			w.reports(trip, "0.00/0.00 ACCEPTED;")
		}},
		{"TC005_several_currencies", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Strategy = pay.AmazonManaged }}, func(w *world) {
			trip := w.enter(tokyo, "approve#yen")
			w.open(opening(tokyo, trip, sum("1200", "JPY")))
			w.pass(10 * time.Second)
			w.reports(trip, "1200/1200 ACCEPTED;")
			other := w.tell("approve", "1")
			w.reports(other, "1.00/1.00 ACCEPTED;")
		}},
		inStores("TC006_storeId_forms", "USD", "a", "7", "_", "-", "Store-1_b", "0123456789"),
		byTrips("TC007_trip_id_forms", "t", "7", "_", "-", "Trip-1_b", "0f8fad5b-d9cb-469f-a165-70867728950e"),
		inStores("TC008_currency_codes", "EUR", "euro"),
		inStores("TC008_currency_codes_of_pounds", "GBP", "london"),
		{"TC009_amount_precision", once, func(w *world) { trip := w.tell("approve", "0.07"); w.reports(trip, "0.07/0.07 ACCEPTED;") }},
		inStores("TC010_strings_at_the_length_limit", "USD", strings.Repeat("s", 255)),
		byTrips("TC010_trip_id_at_the_length_limit", strings.Repeat("t", 255)),
		{"own_processor.no_report_keeps_its_trips_from_Amazon", setup{sqlite: true, processor: simproc.New(simproc.Config{Shoppers: map[string]simproc.Behaviour{"poor": {Decline: true}}}),
			change: func(store string, s *pay.Settings) {
				byProcessor(store, s)
				s.Strategy, s.Own.NoReport = pay.AmazonManaged, true
			}}, func(w *world) {
			w.app("paid", "ann", "10")
			w.app("owed", "poor", "10")
			w.pass(time.Hour)
			w.is("paid", pay.CaptureInitiated)
			w.is("owed", pay.CancelInitiated)
			w.payoff("k", "owed", usd("10"))
			w.pass(time.Hour)
			w.reports("paid", "")
			w.reports("owed", "")
			trip := w.buy("approve", "10") // by card: the Payment Service's, reported as ever
			w.pass(time.Minute)
			w.reports(trip, "10.00/10.00 ACCEPTED;")
			if n := w.count("", jwo.APIReportPaymentStatus); n != 1 {
				w.t.Errorf("%d reports", n)
			}
		}},
		bentReport("TC011_storeId_missing", without("storeId")),
		bentReport("TC012_shoppingTripId_missing", without("shoppingTripId")),
		bentReport("TC013_totalAmount_missing", without("totalAmount")),
		bentReport("TC014_settledAmount_missing", without("settledAmount")),
		{"7b.1_full_settlement", once, func(w *world) { trip := w.tell("approve", "10"); w.reports(trip, "10.00/10.00 ACCEPTED;") }},
		{"7b.2_partial_settlement", once, func(w *world) { trip := w.tell("partial_50", "9"); w.reports(trip, "4.50/9.00 ACCEPTED;") }},
		{"7b.3_zero_settlement", once, func(w *world) { trip := w.tell("decline_adjust", "10"); w.reports(trip, "0.00/10.00 ACCEPTED;") }},
		{"7b.4_unknown_trip", once, unsent(jwo.UnknownShoppingTrip)},
		bentReport("7b.5_required_fields_missing", func(m map[string]any) { clear(m) }),
		{"7b.6_server_error_and_retry", setup{}, func(w *world) {
			w.forceN(jwo.APIReportPaymentStatus, "500", 4, 0)
			trip := w.tell("approve", "10")
			w.pass(10 * time.Minute)
			w.reports(trip, "10.00/10.00 ACCEPTED;")
			if n := w.count(trip, jwo.APIReportPaymentStatus); n != 5 {
				w.t.Errorf("%d reports", n)
			}
			same(w, trip, jwo.APIReportPaymentStatus)
		}},
		{"7b.7_after_each_payment_outcome", setup{}, func(w *world) {
			w.reports(w.tell("approve", "10"), "10.00/10.00 ACCEPTED;")
			w.reports(w.tell("partial_50", "10"), "5.00/10.00 ACCEPTED;")
			w.reports(w.tell("decline_adjust", "10"), "0.00/10.00 ACCEPTED;")
			w.reports(w.tell("approve", "0"), "") // nothing to charge
			expires := w.tell("pending_forever", "10")
			w.pass(47 * time.Hour)
			w.reports(expires, "0.00/10.00 ACCEPTED;")
		}},
		{"unknown_status_is_no_success", once, unsent("unknown_status")},
		{"unreadable_success_is_sent_again", once, func(w *world) {
			for _, outcome := range []string{"malformed", "cut"} {
				w.force(jwo.APIReportPaymentStatus, outcome)
				trip := w.tell("approve", "10")
				w.pass(10 * time.Minute)
				w.reports(trip, "10.00/10.00 ACCEPTED;")
				if n := w.count(trip, jwo.APIReportPaymentStatus); n != 2 {
					w.t.Errorf("%s: %d reports", outcome, n)
				}
				same(w, trip, jwo.APIReportPaymentStatus)
			}
		}},
		{"throttled_waits", once, func(w *world) {
			w.forceN(jwo.APIReportPaymentStatus, "429", 1, 5*time.Minute)
			trip := w.tell("approve", "10")
			w.pass(4 * time.Minute)
			w.reports(trip, "10.00/10.00 QUEUED;")
			w.pass(2 * time.Minute)
			w.reports(trip, "10.00/10.00 ACCEPTED;")
		}},
		{"tried_for_72_hours_then_an_operators", setup{sqlite: true, change: slowly}, func(w *world) {
			w.forceN(jwo.APIReportPaymentStatus, "503", 100000, 0)
			trip := w.tell("approve", "10")
			w.pass(71 * time.Hour)
			w.reports(trip, "10.00/10.00 QUEUED;")
			w.pass(2 * time.Hour)
			w.reports(trip, "10.00/10.00 PARKED;")
		}},
		{"in_order_and_never_falling", setup{}, func(w *world) {
			w.forceN(jwo.APIReportPaymentStatus, "503", 5, 0)
			trip := w.tell("decline_adjust", "10")
			w.payoff("k1", trip, usd("3"))
			w.payoff("k2", trip, usd("7"))
			w.pass(time.Hour)
			w.reports(trip, "0.00/10.00 ACCEPTED;3.00/10.00 ACCEPTED;10.00/10.00 ACCEPTED;")
			last := ""
			for _, e := range w.exchanges(trip, jwo.APIReportPaymentStatus) {
				if e.Status == 200 {
					last += e.Request
				}
			}
			if a, b, c := strings.Index(last, `:0.00`), strings.Index(last, `:3.00`), strings.LastIndex(last, `"settledAmount":{"amount":10.00`); a < 0 || b < a || c < b {
				w.t.Errorf("order of %s", last)
			}
		}},
		{"declined_capture_cannot_be_taken_back", once, func(w *world) {
			trip := w.tell("approve", "10")
			w.news(declined(trip, "r", time.Now()))
			w.pass(time.Minute)
			w.reports(trip, "10.00/10.00 ACCEPTED;")
			if !w.alerted(trip, pay.AlertReportFalls) {
				w.t.Error("nobody told")
			}
		}},
		{"confirmed_only_by_setting", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Report.When = "confirmed" }}, func(w *world) {
			trip := w.tell("approve", "10")
			w.reports(trip, "")
			w.news(approved(trip, "r", time.Now(), usd("10")))
			w.pass(time.Minute)
			w.reports(trip, "10.00/10.00 ACCEPTED;")
		}},
		{"full_settlement_left_out_by_setting", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Report.OmitFull = true }}, func(w *world) {
			w.reports(w.tell("approve", "10"), "")
			w.reports(w.tell("partial_50", "10"), "5.00/10.00 ACCEPTED;")
		}},
		{"milliseconds_by_setting", setup{sqlite: true, change: func(_ string, s *pay.Settings) { s.Report.TimeUnit = "milliseconds" }}, func(w *world) {
			trip := w.tell("approve", "10")
			if e := w.exchanges(trip, jwo.APIReportPaymentStatus); len(e) != 1 || !strings.Contains(e[0].Request, `"paymentStatusTime":946684800`) || strings.Contains(e[0].Request, `"paymentStatusTime":946684800}`) {
				w.t.Errorf("%+v", e)
			}
		}},
	})
}

// inStores reports a sale of each of some stores to the simulator.
func inStores(title string, currency money.Currency, ids ...string) scenario {
	return scenario{title, setup{sqlite: true,
		sim: func(c *jwosim.Config) {
			for _, id := range ids {
				c.Stores = append(c.Stores, jwosim.Store{ID: id, Currency: currency, ConnectorURL: "http://nobody", Strategy: jwosim.NoStrategy})
			}
		},
		change: func(_ string, s *pay.Settings) { s.Strategy, s.Currency = pay.AmazonManaged, currency },
	}, func(w *world) {
		for _, id := range ids {
			trip := w.enter(id, "approve")
			w.open(opening(id, trip, money.New(1250, currency)))
			w.pass(10 * time.Second)
			amount := money.New(1250, currency).Number()
			w.reports(trip, amount+"/"+amount+" ACCEPTED;")
		}
	}}
}

// byTrips reports trips whose ids the simulator would not give: a receiver
// that reads them by the documented rules accepts them as they are.
func byTrips(title string, ids ...string) scenario {
	var seen []string
	wrap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != jwo.PathReportPaymentStatus {
				next.ServeHTTP(rw, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			var got jwo.ReportPaymentStatusRequest
			if err = errors.Join(err, jwo.Decode(body, &got)); err == nil {
				err = got.Validate()
			}
			if err != nil {
				rw.WriteHeader(http.StatusBadRequest)
				return
			}
			seen = append(seen, got.ShoppingTripID)
			io.WriteString(rw, `{"status":"Accepted"}`)
		})
	}
	return scenario{title, setup{sqlite: true, wrap: wrap, processor: simproc.New(simproc.Config{}), change: func(store string, s *pay.Settings) {
		byProcessor(store, s)
		s.Strategy = pay.AmazonManaged
	}}, func(w *world) {
		for _, id := range ids {
			w.app(id, "ann", "10")
			w.pass(10 * time.Second)
			w.reports(id, "10.00/10.00 ACCEPTED;")
		}
		if !slices.Equal(seen, ids) {
			w.t.Errorf("reported %q", seen)
		}
	}}
}

func TestOtherShoppers(t *testing.T) {
	scenarios(t, []scenario{
		{"cash_is_due_to_staff_and_settled", setup{}, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, usd("10"))
			o.Act, o.Reason = pay.Release, pay.CashShopper
			w.open(o)
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			if w.settled[trip] != 1 || w.balance(pay.AccountCashDue) != 1000 || w.count(trip, jwo.APIAdjustCharge) != 0 {
				w.t.Errorf("settled %d, due %d", w.settled[trip], w.balance(pay.AccountCashDue))
			}
		}},
		{"cash_is_settled_while_the_cancel_waits", once, func(w *world) {
			w.forceN(jwo.APICancelCharge, "503", 10, 0)
			trip := w.enter(card, "approve")
			o := opening(card, trip, usd("10"))
			o.Act, o.Reason = pay.Release, pay.CashShopper
			w.open(o)
			w.pass(time.Second)
			if w.settled[trip] != 1 {
				w.t.Error("the receipt waits for the Cancel")
			}
			w.pass(2 * time.Hour)
			w.is(trip, pay.CancelInitiated)
			if w.settled[trip] != 1 {
				w.t.Errorf("settled %d times", w.settled[trip])
			}
		}},
		{"associate_is_recorded_and_released", once, func(w *world) {
			trip := w.enter(card, "approve")
			o := opening(card, trip, usd("10"))
			o.Act, o.Reason = pay.Release, pay.Associate
			w.open(o)
			w.pass(time.Second)
			w.is(trip, pay.CancelInitiated)
			if w.balance(pay.AccountAssociate) != 1000 || w.settled[trip] != 0 {
				w.t.Errorf("associate %d", w.balance(pay.AccountAssociate))
			}
		}},
		{"nothing_to_release_without_a_preauth", setup{sqlite: true, sim: func(c *jwosim.Config) { c.Stores[0].AppPayment = "own_processor" }}, func(w *world) {
			o := opening(card, "no-such-trip", money.Amount{})
			o.Act, o.Reason, o.Entry, o.PurchaseID = pay.Release, pay.EmptyCart, pay.ByCode, ""
			w.open(o)
			w.pass(time.Minute)
			w.is(o.TripID, pay.NeverCharged)
		}},
	})
}
