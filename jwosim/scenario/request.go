package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/strollhq/stroll/jwosim"
)

// Request is Options as they are written: on a command line or as the body of
// a request to [Handler]. Empty fields are not known.
type Request struct {
	Store   string `json:"store"`
	Item    string `json:"item"`
	Weighed string `json:"weighed"` // SKU=UNIT
	Barcode string `json:"barcode"`
	// Codes by role. They are used up in their order, except the last.
	Codes map[Role][]string `json:"codes"`
	// Priced is a cart and its total by the name of a case:
	// "SKU-1*2,SKU-2*0.455kg=12.34".
	Priced    map[string]string `json:"priced"`
	Operator  map[string]string `json:"operator"`
	Fallback  string            `json:"fallback"`
	Freshness string            `json:"freshness"` // as in "60s"
	Burst     int               `json:"burst"`
	Patience  string            `json:"patience"` // as in "30s"
	Quiet     string            `json:"quiet"`
	Longest   string            `json:"longest"`
	Override  map[string]string `json:"override"`
	// AtOnce is how many scenarios are played at the same time. Default 8.
	AtOnce int `json:"at_once"`
}

// Options reads the request on top of options that are known already.
func (r Request) Options(base Options) (Options, error) {
	o := base
	text := func(into *string, v string) {
		if v != "" {
			*into = v
		}
	}
	text(&o.StoreID, r.Store)
	text(&o.Item, r.Item)
	text(&o.Barcode, r.Barcode)
	text(&o.Fallback, r.Fallback)
	if r.Weighed != "" {
		sku, unit, ok := strings.Cut(r.Weighed, "=")
		if !ok || sku == "" || unit == "" {
			return o, fmt.Errorf("weighed %q is not written SKU=UNIT", r.Weighed)
		}
		o.Weighed, o.Unit = sku, unit
	}
	switch o.Fallback {
	case "", "allow", "deny", "error":
	default:
		return o, fmt.Errorf("fallback %q is not allow, deny or error", o.Fallback)
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"freshness", r.Freshness, &o.Freshness}, {"patience", r.Patience, &o.Patience}, {"quiet", r.Quiet, &o.Quiet}, {"longest", r.Longest, &o.Longest}} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil || v <= 0 {
			return o, fmt.Errorf("%s %q is no time such as 30s", d.name, d.text)
		}
		*d.into = v
	}
	if r.Burst > 0 {
		o.Burst = r.Burst
	}
	if r.Operator != nil {
		o.Operator = r.Operator
	}
	if r.Override != nil {
		o.Override = r.Override
	}
	if len(r.Priced) > 0 {
		o.Priced = map[string]Priced{}
		for name, text := range r.Priced {
			p, err := ParsePriced(text)
			if err != nil {
				return o, fmt.Errorf("priced %s: %w", name, err)
			}
			o.Priced[name] = p
		}
	}
	if len(r.Codes) > 0 {
		if err := known(r.Codes); err != nil {
			return o, err
		}
		o.Code = given(r.Codes, base.Code)
	}
	return o, nil
}

// ParsePriced reads a cart and what it must cost: "SKU-1*2,SKU-2*0.455kg=12.34".
func ParsePriced(text string) (Priced, error) {
	cut := strings.LastIndexByte(text, '=')
	if cut < 0 {
		return Priced{}, fmt.Errorf("%q is not written SKU*QUANTITY,…=TOTAL", text)
	}
	p := Priced{Total: strings.TrimSpace(text[cut+1:])}
	for part := range strings.SplitSeq(text[:cut], ",") {
		id, quantity, counted := strings.Cut(strings.TrimSpace(part), "*")
		if id == "" || p.Total == "" || counted && quantity == "" {
			return Priced{}, fmt.Errorf("%q is not written SKU*QUANTITY,…=TOTAL", text)
		}
		it := jwosim.Item{ID: id}
		if counted {
			n := strings.IndexFunc(quantity, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
			if n < 0 {
				n = len(quantity)
			}
			it.Quantity, it.Unit = quantity[:n], quantity[n:]
		}
		p.Items = append(p.Items, it)
	}
	return p, nil
}

func known(codes map[Role][]string) error {
	for role := range codes {
		if explain(role) == string(role) {
			var names []string
			for _, r := range Roles() {
				names = append(names, r[0])
			}
			return fmt.Errorf("there is no role %q for a code: %s", role, strings.Join(names, ", "))
		}
	}
	return nil
}

// given hands out codes in their order, the last one again and again, and asks
// next for roles it has none of.
func given(codes map[Role][]string, next func(context.Context, Role) (string, error)) func(context.Context, Role) (string, error) {
	var mu sync.Mutex
	used := map[Role]int{}
	return func(ctx context.Context, r Role) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		list := codes[r]
		if len(list) == 0 {
			if next != nil {
				return next(ctx, r)
			}
			return "", ErrNoCode
		}
		n := min(used[r], len(list)-1)
		used[r]++
		return list[n], nil
	}
}

// errNothing is the error of a run in which nothing could be tried.
var errNothing = errors.New("nothing could be tried")

// Err is nil when nothing differs and at least something was tried.
func Err(results []Result) error {
	tried := 0
	var differ []string
	for _, r := range results {
		switch r.Verdict {
		case InOrder:
			tried++
		case Differs:
			tried++
			differ = append(differ, r.Name)
		}
	}
	switch {
	case len(differ) == 1:
		return fmt.Errorf("%s differs from what a good connector does", differ[0])
	case len(differ) > 0:
		return fmt.Errorf("%d of %d scenarios differ from what a good connector does: %s", len(differ), tried, strings.Join(differ, ", "))
	case tried == 0 && len(results) == 1:
		return fmt.Errorf("%w: %s", errNothing, results[0].Reason)
	case tried == 0:
		return errNothing
	}
	return nil
}
