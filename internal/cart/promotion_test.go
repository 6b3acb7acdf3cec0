package cart_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/testkit"
)

// welcomes counts the carts of some trips that got the welcome offer.
func welcomes(t *testing.T, s *shop, trips []string) int {
	t.Helper()
	n := 0
	for _, trip := range trips {
		for _, p := range s.get(t, trip).Result.Lines[0].Promotions {
			if p.ID == "welcome" {
				n++
			}
		}
	}
	return n
}

// TestOneOfferPerShopper: a cap per shopper holds over carts that arrive at
// once, in two processes.
func TestOneOfferPerShopper(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		shops := []*shop{open(t, d), open(t, d)}
		trips := make([]string, 24)
		var wg sync.WaitGroup
		for i := range trips {
			trips[i] = trip()
			text := body(trips[i], events(event("SCAN_CODE", "SHOPPER", []string{"ann", "bob"}[i%2])))
			wg.Go(func() {
				if a, err := send(t.Context(), shops[i/2%2].url, text); err != nil || a.Status != http.StatusCreated {
					t.Errorf("%+v %v", a, err)
				}
			})
		}
		wg.Wait()
		if n := welcomes(t, shops[0], trips); n != 2 {
			t.Errorf("two shoppers had the offer %d times", n)
		}
	})
}

// TestAnOfferIsGivenBack: a cart that is priced again counts its own uses
// once, and frees those it no longer makes.
func TestAnOfferIsGivenBack(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		first, second, third := trip(), trip(), trip()
		s.post(t, body(first, items(item("COLA", "1"), item("nobody-knows", "1"))))
		if err := s.Resolve(t.Context(), fix(first, cart.Fix{No: 2, SKU: "WATER"})); err != nil {
			t.Fatal(err)
		}
		if n := welcomes(t, s, []string{first}); n != 1 {
			t.Errorf("%d offers", n)
		}
		s.post(t, body(second, items(item("COLA", "1"))))
		if n := welcomes(t, s, []string{second}); n != 0 {
			t.Error("the offer was given twice")
		}
		// Another shopper's cart loses its cola to an operator, and the offer
		// is free again.
		bob := events(event("SCAN_CODE", "SHOPPER", "bob"))
		lost := trip()
		s.post(t, body(lost, bob, items(item("COLA", "1"), item("nobody-knows", "1"))))
		if err := s.Resolve(t.Context(), fix(lost, cart.Fix{No: 1, Drop: true}, cart.Fix{No: 2, SKU: "WATER"})); err != nil {
			t.Fatal(err)
		}
		s.post(t, body(third, bob, items(item("COLA", "1"))))
		if n := welcomes(t, s, []string{third}); n != 1 {
			t.Error("the freed offer was not given")
		}
	})
}

func TestWhoGetsMembersPromotions(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.SQLite(t))
	for _, c := range []struct {
		name  string
		app   bool
		event []object
		want  int64
	}{
		{"an app shopper does not", false, []object{event("SCAN_CODE", "SHOPPER", "a")}, 0},
		{"unless every app shopper is a member", true, []object{event("SCAN_CODE", "SHOPPER", "a")}, 73},
		{"a card shopper who showed the card of the programme does", false, []object{event("FINANCIAL", "LOYALTY", "m")}, 73},
		{"anybody in the group is enough", false, []object{event("FINANCIAL", "", ""), event("SCAN_CODE", "LOYALTY", "m")}, 73},
		{"staff does not", true, []object{event("SCAN_CODE", "ASSOCIATE", "s")}, 0},
	} {
		s.set(func(x *cartSettings) { x.MembersByApp = c.app })
		trip := trip()
		s.post(t, body(trip, items(item("ROLL", "1")), events(c.event...)))
		if got := s.get(t, trip).Result.PromotionsTotal; got != c.want {
			t.Errorf("%s: %d off, want %d", c.name, got, c.want)
		}
	}
}
