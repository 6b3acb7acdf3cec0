package cart_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/testkit"
)

// TestIdempotency is group 2 of the contract (ordering 9.1): one trip is one
// purchase, one payment and one answer.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		// replays sends cart again and expects the first answer.
		replays := func(t *testing.T, trip string, first answer, cart string) {
			t.Helper()
			a := s.post(t, cart)
			if a.Status != first.Status || a.Body != first.Body || !a.Replayed {
				t.Errorf("again: %+v, first: %+v", a, first)
			}
			if o := s.till.of(t, trip); o.Opens != 1 {
				t.Errorf("payment opened %d times", o.Opens)
			}
		}
		t.Run("same_requestId", func(t *testing.T) {
			trip := trip()
			cart := body(trip)
			first := s.post(t, cart)
			if first.Replayed {
				t.Error("the first answer is marked as a replay")
			}
			replays(t, trip, first, cart)
			replays(t, trip, first, cart)
		})
		t.Run("new_requestId", func(t *testing.T) {
			trip := trip()
			cart := body(trip)
			first := s.post(t, cart)
			replays(t, trip, first, edited(t, cart, at(uuidOf(serial.Add(1)), "requestId")))
		})
		t.Run("empty_cart", func(t *testing.T) {
			trip := trip()
			cart := body(trip, items())
			first := s.post(t, cart)
			if first.Status != http.StatusCreated || first.Body != `{"purchaseId":""}` {
				t.Fatalf("%+v", first)
			}
			replays(t, trip, first, cart)
			if o := s.till.of(t, trip); o.Act != "release" || o.Reason != "empty_cart" {
				t.Errorf("payment %+v", o)
			}
		})
		t.Run("after_settlement_and_days_later", func(t *testing.T) {
			trip := trip()
			cart := body(trip)
			first := s.post(t, cart)
			s.till.moved.Store(true)
			defer s.till.moved.Store(false)
			replays(t, trip, first, cart)
		})
		t.Run("success_status_changed_since", func(t *testing.T) {
			trip := trip()
			cart := body(trip)
			first := s.post(t, cart)
			s.set(func(c *cartSettings) { c.SuccessStatus = http.StatusOK })
			defer s.set(func(c *cartSettings) { c.SuccessStatus = 0 })
			replays(t, trip, first, cart)
			if a := s.post(t, body(trip+"-other")); a.Status != http.StatusOK {
				t.Errorf("a new cart: %+v", a)
			}
		})
		t.Run("same_content_in_other_words", func(t *testing.T) {
			trip := trip()
			cart := body(trip, items(item("WATER", "2")), events(event("SCAN_CODE", "CASH", "c")))
			first := s.post(t, cart)
			other := edited(t, cart, at("2.0", "cartItems", 0, "quantity", "value"), at("2026-03-02T09:30:00.000-05:00", "shoppingTrip", "startTime"),
				at([]any{}, "cartItems", 0, "externalIdentifiers"), at("CASH_SHOPPER", "shoppingTrip", "authEvents", 0, "scanResult", "type"),
				at("new", "somethingElse"))
			replays(t, trip, first, other)
			if p := s.get(t, trip); len(p.Flags) != 0 {
				t.Errorf("flags %v", p.Flags)
			}
		})
		t.Run("restart_between_arrival_and_settlement", func(t *testing.T) {
			trip := trip()
			cart := body(trip)
			first := s.post(t, cart)
			again := open(t, d)
			if a := again.post(t, cart); a.Body != first.Body || !a.Replayed {
				t.Errorf("after a restart: %+v, first: %+v", a, first)
			}
		})
		t.Run("resend_after_400", func(t *testing.T) {
			trip := trip()
			bad := body(trip, at(nothing, "requestId"))
			for range 2 {
				if a := s.post(t, bad); a.Status != http.StatusBadRequest || a.Replayed {
					t.Errorf("%+v", a)
				}
			}
			if a := s.post(t, body(trip)); a.Status != http.StatusCreated || a.Replayed {
				t.Errorf("corrected: %+v", a)
			}
		})
	})
}

func TestOneTripSentAHundredTimesAtOnce(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		// Two processes on one database.
		shops := []*shop{open(t, d), open(t, d)}
		trip := trip()
		cart := body(trip)
		answers := make([]answer, 100)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range answers {
			wg.Go(func() {
				<-start
				a, err := send(t.Context(), shops[i%2].url, cart)
				if err != nil {
					t.Error(err)
				}
				answers[i] = a
			})
		}
		close(start)
		wg.Wait()
		fresh := 0
		for _, a := range answers {
			if a.Status != http.StatusCreated || a.Body != answers[0].Body {
				t.Fatalf("%+v differs from %+v", a, answers[0])
			}
			if !a.Replayed {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%d answers are not marked as replays", fresh)
		}
		if o := shops[0].till.of(t, trip); o.Opens != 1 {
			t.Errorf("payment opened %d times", o.Opens)
		}
		if all, err := shops[0].List(t.Context(), cartFilter{}); err != nil || len(all) != 1 {
			t.Errorf("%d purchases, %v", len(all), err)
		}
	})
}

func TestAnotherCartForTheSameTrip(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for _, c := range []struct {
			name, setting string
			moved         bool
			state, act    string
		}{
			{"keep", "", false, cart.Priced, "charge"},
			{"review", cart.Review, false, cart.InReview, "parked"},
			{"review_after_settlement", cart.Review, true, cart.Priced, "charge"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s.set(func(x *cartSettings) { x.ChangedCart = c.setting })
				s.till.moved.Store(c.moved)
				defer s.till.moved.Store(false)
				trip := trip()
				first := s.post(t, body(trip, items(item("WATER", "1"))))
				other := body(trip, items(item("WATER", "2")))
				for range 3 {
					if a := s.post(t, other); a.Status != first.Status || a.Body != first.Body || !a.Replayed {
						t.Errorf("%+v, first %+v", a, first)
					}
				}
				p := s.get(t, trip)
				if p.State != c.state || p.Total.Minor != 100 || !slices.Contains(p.Flags, cart.FlagChanged) {
					t.Errorf("state %s total %s flags %v", p.State, p.Total, p.Flags)
				}
				if o := s.till.of(t, trip); o.Act != c.act || o.Opens != 1 || o.Reprices != 0 {
					t.Errorf("payment %+v", o)
				}
				diffs, err := s.Differences(t.Context(), trip)
				if err != nil || len(diffs) != 1 {
					t.Fatalf("%d differences, %v", len(diffs), err)
				}
				if n := strings.Count(s.log.String(), "alert=changed_cart store=store-1 trip="+trip+" "); n != 1 {
					t.Errorf("%d alerts", n)
				}
				if c.state == cart.InReview {
					if err := s.Resolve(t.Context(), fix(trip, cart.Fix{No: 1, Drop: true})); !errors.Is(err, fault.Invalid) {
						t.Errorf("fixes in review: %v", err)
					}
					resolve := cart.Resolution{TripID: trip, Operator: "olga", Reason: "asked the shopper"}
					if err := s.Resolve(t.Context(), resolve); err != nil {
						t.Fatal(err)
					}
					if o, p := s.till.of(t, trip), s.get(t, trip); o.Act != "charge" || o.Total != 100 || p.State != cart.Priced {
						t.Errorf("resolved: payment %+v, state %s", o, p.State)
					}
				}
			})
		}
	})
}

// edited is a cart's text with edits made to it.
func edited(t *testing.T, text string, edits ...func(object)) string {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(o)
	}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
