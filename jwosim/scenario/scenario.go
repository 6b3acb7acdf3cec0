package scenario

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Scenario is one thing Amazon's side can do to a retailer's system.
type Scenario struct {
	// Name is stable: a family, a dot, and words with hyphens.
	Name string `json:"name"`
	// Title in a few words.
	Title string `json:"title"`
	// Explains what is done.
	Explains string `json:"explains"`
	// Expect says what a good connector answers and does.
	Expect string `json:"expect"`
	// Sources are the cases it stands for: "entry 11.1/3.5" is case 3.5 of the
	// list in section 11.1 of the contract on entry, "R-9" a lesson from the
	// field.
	Sources []string `json:"sources"`
	// Needs is what Options must tell for it to be applicable.
	Needs []Need `json:"needs"`
	// Patience it needs at least, because good systems wait in between.
	Patience time.Duration `json:"patience_ns"`
	// Alone says that it disturbs others, so it is run by itself.
	Alone bool `json:"alone"`
	// Moves says that it moves the simulator's clock, for good and for all: it is
	// run last, and inside a running simulator only when it is named.
	Moves bool `json:"moves_clock"`
	// Run plays it. What it finds is told to the stage.
	Run func(context.Context, *Stage) `json:"-"`
}

// Need is something only the retailer knows or can do.
type Need string

// What scenarios need.
const (
	NeedItem     Need = "item"     // a SKU that has a price
	NeedWeighed  Need = "weighed"  // a SKU sold by weight
	NeedBarcode  Need = "barcode"  // a barcode of something that has a price
	NeedAsked    Need = "asked"    // a strategy under which the retailer is asked about cards
	NeedAdvice   Need = "advice"   // the strategy amazon_recommendation
	NeedOwn      Need = "own"      // the strategy retailer_managed
	NeedReports  Need = "reports"  // a strategy under which outcomes are reported to Amazon
	NeedUnasked  Need = "unasked"  // a strategy under which nobody asks the retailer
	NeedBreak    Need = "break"    // a way to take away what gate and carts depend on
	NeedRestart  Need = "restart"  // a way to kill and start the retailer's system
	NeedBurst    Need = "burst"    // how many requests at once are too many
	NeedFallback Need = "fallback" // what the gate answers without a fraud system
	NeedPattern  Need = "pattern"  // the scan code pattern of the Merchant Portal
)

// NeedCode is a scan code of somebody in a role.
func NeedCode(r Role) Need { return Need("code:" + r) }

// NeedOperator is an operator's standing order about a risk: accept, deny or
// adjust.
func NeedOperator(act string) Need { return Need("operator:" + act) }

// NeedPrice is what a cart for a named case must cost.
func NeedPrice(name string) Need { return Need("priced:" + name) }

// Role is somebody whose code is asked for.
type Role string

// Roles.
const (
	Shopper   Role = "shopper"      // may enter and pay
	Associate Role = "associate"    // staff
	Cash      Role = "cash"         // pays cash
	Debtor    Role = "debtor"       // may enter, and will owe afterwards
	Indebted  Role = "indebted"     // owes and must not enter
	Flagged   Role = "flagged"      // flagged for fraud
	OldCard   Role = "expired-card" // whose card on file has expired
	NoMethod  Role = "no-method"    // without a payment method
	Revoked   Role = "revoked"      // whose code was taken back
)

// Roles lists the roles with an explanation each.
func Roles() [][2]string {
	return [][2]string{
		{string(Shopper), "may enter and pay"},
		{string(Associate), "is staff"},
		{string(Cash), "pays cash"},
		{string(Debtor), "may enter, and will owe afterwards"},
		{string(Indebted), "owes already and must not enter"},
		{string(Flagged), "is flagged for fraud"},
		{string(OldCard), "has an expired card on file"},
		{string(NoMethod), "has no payment method"},
		{string(Revoked), "shows a code that was taken back"},
	}
}

// All lists the scenarios in the order of the contract.
func All() []Scenario {
	var all []Scenario
	for _, family := range []func() []Scenario{
		entryFamily, codeFamily, gateFamily, scanFamily, cardFamily,
		cartFamily, cartFieldFamily, repeatFamily, priceFamily,
		adjustFamily, cancelFamily, captureFamily, dataFamily, reportFamily, troubleFamily, debtFamily,
		planFamily, lessonFamily,
	} {
		all = append(all, family()...)
	}
	return all
}

// Match finds scenarios by name or by a pattern such as 'entry.*'; "all" is
// every one. A name that fits none is an error that suggests the nearest.
func Match(patterns ...string) ([]Scenario, error) {
	all := All()
	var found []Scenario
	for _, p := range patterns {
		hit := false
		for _, sc := range all {
			ok, err := path.Match(p, sc.Name)
			if err != nil {
				return nil, fmt.Errorf("scenario %q is no name and no pattern such as 'entry.*'", p)
			}
			if !ok && p != "all" && !strings.EqualFold(p, sc.Name) {
				continue
			}
			hit = true
			if !slices.ContainsFunc(found, func(f Scenario) bool { return f.Name == sc.Name }) {
				found = append(found, sc)
			}
		}
		if !hit {
			return nil, fmt.Errorf("there is no scenario %q%s; --list shows all", p, nearest(p, all))
		}
	}
	return found, nil
}

// nearest suggests what was probably meant.
func nearest(name string, all []Scenario) string {
	best, least := "", len(name)/2+1
	for _, sc := range all {
		d := distance(strings.ToLower(name), sc.Name)
		if _, short, _ := strings.Cut(sc.Name, "."); d > 0 {
			d = min(d, distance(strings.ToLower(name), short)+1)
		}
		if d < least {
			best, least = sc.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// distance is the number of letters to change, add or drop.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
