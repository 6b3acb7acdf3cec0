package load

import (
	"fmt"
	"math/rand/v2"
)

// Item is something a shopper may take.
type Item struct {
	SKU     string
	Barcode string // scanned instead of the SKU now and then; "" never
	Unit    string // as the cart says it: "each", "lb"
	Weighed bool   // the quantity is a weight
}

// Visitor is a shopper known to the retailer, who has codes.
type Visitor struct {
	ID   string
	Kind string // SHOPPER, ASSOCIATE or CASH_SHOPPER
}

// plan is what one shopper will do.
type plan struct {
	n       int
	app     bool    // enters by app code, else by card
	visitor Visitor // by app
	card    string  // by card: a card of the simulator
	bogus   string  // shows this instead of a code of ours
	others  int     // who come along on the same means
	takes   []take
	unknown bool // one item has a SKU nobody sells
}

type take struct {
	item     Item
	quantity string
	scanned  bool // by barcode
	putBack  bool // and put back again
}

// moods are the cards shoppers carry, by how many in a thousand do.
var moods = []struct {
	card   string
	weight int
}{
	{"approve", 850}, {"decline_adjust", 35}, {"insufficient", 20}, {"partial_50", 20},
	{"pending_3_then_approve", 20}, {"pending_3_then_decline", 5}, {"expired", 10},
	{"invalid_card", 5}, {"preauth_declined", 10}, {"no_emv", 15}, {"unknown_entry_mode", 10},
}

// draw makes the plan of shopper n.
func (c *Config) draw(n int) plan {
	r := rand.New(rand.NewPCG(c.Seed, uint64(n)+1))
	p := plan{n: n, app: r.IntN(100) < 45 && len(c.Visitors) > 0}
	if p.app {
		p.visitor = c.Visitors[r.IntN(len(c.Visitors))]
		if r.IntN(40) == 0 {
			p.bogus = fmt.Sprintf("NOTOURS%032x%010d", r.Uint64(), 1700000000+n)
		}
	} else {
		p.card = mood(r)
		// Cards come back, and those in trouble sooner: a shopper who owes
		// meets the gate again.
		pool := c.Trips/2 + 1
		if p.card != moods[0].card {
			pool = c.Trips/80 + 1
		}
		p.card += fmt.Sprintf("#%d", r.IntN(pool))
	}
	if r.IntN(12) == 0 {
		p.others = 1 + r.IntN(2)
	}
	if r.IntN(14) == 0 || len(c.Items) == 0 {
		return p // looks around and leaves
	}
	for range 1 + r.IntN(6) {
		t := take{item: c.Items[r.IntN(len(c.Items))]}
		t.quantity = fmt.Sprint(1 + r.IntN(3)*r.IntN(2))
		if t.item.Weighed {
			t.quantity = fmt.Sprintf("0.%03d", 80+r.IntN(900))
		}
		t.scanned = t.item.Barcode != "" && r.IntN(8) == 0
		t.putBack = r.IntN(9) == 0
		p.takes = append(p.takes, t)
	}
	p.unknown = r.IntN(60) == 0
	return p
}

func mood(r *rand.Rand) string {
	total := 0
	for _, m := range moods {
		total += m.weight
	}
	at := r.IntN(total)
	for _, m := range moods {
		if at -= m.weight; at < 0 {
			return m.card
		}
	}
	return moods[0].card
}
