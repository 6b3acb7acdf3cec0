package gate_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

func TestAuthorizationRepeated(t *testing.T) {
	t.Parallel()
	testkit.EachDSN(t, func(t *testing.T, dsn string) {
		one, two := open(t, testkit.Open(t, dsn), nil), open(t, testkit.Open(t, dsn), nil)
		gates := []*house{one, two}
		body := tap("card-1", "trip-1")
		for _, a := range together(t, 60, func(i int) answer { return gates[i%2].authorize(body) }) {
			one.answers(a, true, "", "")
		}
		if n := len(one.decisions()); n != 1 {
			t.Errorf("%d decisions, want 1", n)
		}
		if a := one.authorize(with(body, "shopperIdentity.id", "card-2")); a.Status != http.StatusBadRequest {
			t.Errorf("another card on the same event: %d %s", a.Status, a.Raw)
		}
		// Without an event the trip is the key, for each card of its own.
		one.ledger.charge("card-3", 1)
		for _, card := range []string{"card-2", "card-3"} {
			body := with(tap(card, "trip-2"), "shopperInteraction.gateAuthenticationEvent", nil)
			first := one.authorize(body)
			one.ledger.payOff("card-3")
			one.ledger.charge("card-2", 1)
			if again := one.authorize(body); again.Raw != first.Raw || again.Header.Get("Idempotency-Hit") == "" {
				t.Errorf("%s is answered %s and then %s", card, first.Raw, again.Raw)
			}
			one.ledger.charge("card-3", 1)
		}
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(s *gate.Settings) { s.FA.VisitorData = "visitor" })
		at := time.Now().UTC().Truncate(time.Second).Add(-time.Minute)
		body := with(with(tap("card-1", "trip-1"), atEvent+"timestamp", string(jwo.At(at))), atEvent+"data", object{"visitor": "ada"})
		h.answers(h.authorize(body), true, "", "")
		got, _ := h.ledger.link("trip-1")
		want := pay.Link{TripID: "trip-1", StoreID: store, Visitor: "ada", Instrument: "card-1", Hold: money.New(2500, "USD"), At: at}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("linked (-want +got):\n%s", diff)
		}
		// A link that cannot be kept is no admission: the fallback decides.
		h.ledger.mu.Lock()
		h.ledger.linking = errLedger
		h.ledger.mu.Unlock()
		h.answers(h.authorize(tap("card-1", "trip-2")), false, "", "")
		// What the visitor owes keeps the card out.
		h.ledger.charge("ada", 7)
		h.answers(h.authorize(with(body, atEvent+"id", uuid.NewString())), false, "", `"BadDebt"`)
	})
}

func TestAdviceAtTopLevel(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), strategy("amazon_recommendation"))
	body := with(tap("card-1", "trip-1"), "recommendation", object{"shopperAuthorized": false, "shopperRisks": []string{}})
	body = with(body, "cartHint", object{"totalPrice": object{"value": 1, "currencyCode": "USD"}, "items": []any{object{"future": 1}}})
	h.answers(h.authorize(body), false, "", "")
	if a := h.authorize(object{"storeId": store, "shopperIdentity": object{"id": "card-1"}}); a.Status != 200 {
		t.Errorf("the smallest request: %d %s", a.Status, a.Raw)
	}
	if n := h.metric(`stroll_gate_unknown_values_total{field="recommendation missing"}`); n != "1" {
		t.Errorf("%s missing recommendations counted, want 1", n)
	}
}

// Hostile text is refused or made harmless, on both databases alike, and never
// mistaken for a failure of ours.
func TestHostileText(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(s *gate.Settings) {
			s.Strategy, s.FA.VisitorData, s.FA.Fallback = "amazon_recommendation", "visitor", "error"
		})
		good := advised(true)
		for _, field := range []string{"shopperIdentity.id", "shopperInteraction.shoppingTripId", atEvent + "id"} {
			if a := h.authorize(with(good, field, "a\x00b")); a.Status != http.StatusBadRequest || !strings.Contains(a.Raw, field) {
				t.Errorf("a NUL in %s: %d %s", field, a.Status, a.Raw)
			}
		}
		long := strings.Repeat("é\x00", 300)
		for _, field := range []string{"location", "type", "interactionType", "timestamp"} {
			h.answers(h.authorize(with(with(good, atEvent+field, long), atEvent+"id", uuid.NewString())), true, "", "")
		}
		h.answers(h.authorize(with(with(good, atEvent+"data", object{"visitor": "a\x00"}), atEvent+"id", uuid.NewString())), true, "", "")
		many := make([]string, 100)
		for i := range many {
			many[i] = long
		}
		many[99] = "InvalidCard" // counts although it is far behind
		a := h.authorize(advised(true, many...))
		if risks, _ := a.Body["shopperRisks"].([]any); a.Status != 200 || a.Body["shopperAuthorized"] != false || len(risks) != 32 || len(a.Raw) > 20000 {
			t.Errorf("answered %d with %d bytes", a.Status, len(a.Raw))
		}
		huge := condition(json.RawMessage("1"+strings.Repeat("0", 5000)), "USD")
		h.answers(h.authorize(with(advised(true), atAdvice+".authorizationConditions", huge)), true, "", "")
	})
}
