package price_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// same compares results by value, decimals included.
func same(t *testing.T, got, want *price.Result) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b money.Decimal) bool { return a.String() == b.String() })); d != "" {
		t.Errorf("stored and read (-want +got):\n%s", d)
	}
}

// TestStoredResult: what is stored is what is read, in the short form and in
// the JSON of older sales.
func TestStoredResult(t *testing.T) {
	t.Parallel()
	result, err := book(t, shop+benchPromotions).Price(cart(twenty))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Uses) == 0 || len(result.Explain) == 0 || result.FeesTotal == 0 || result.TaxTotal == 0 {
		t.Fatal("the cart has too little in it to show anything")
	}
	result.Lines[3].Name = "Crème \"brûlée\" \\ <2>\x01"
	plain, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	short := result.Append(nil)
	if len(short) > len(plain)/2 || !json.Valid(short) {
		t.Errorf("%d bytes instead of %d, valid %v", len(short), len(plain), json.Valid(short))
	}
	for _, text := range [][]byte{plain, short} {
		got, err := price.ParseResult(text)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, result)
	}
	empty := &price.Result{Currency: "USD"}
	got, err := price.ParseResult(empty.Append([]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, empty)
}

// TestStoredResultDamaged: what is not a stored result is an error, never a
// panic or a cart with something missing.
func TestStoredResultDamaged(t *testing.T) {
	t.Parallel()
	result, err := book(t, shop+benchPromotions).Price(cart(twenty))
	if err != nil {
		t.Fatal(err)
	}
	good := string(result.Append(nil))
	i := strings.LastIndex(good, ",")
	for name, text := range map[string]string{
		"empty": "", "not JSON": "[[", "no numbers": "[[],[]]", "a number short": good[:i] + "]]",
		"a number more": good[:len(good)-2] + ",7]]", "texts gone": "[[]" + good[strings.Index(good, "],["):][1:],
		"endless list": `[["USD"],[0,0,0,0,0,0,0,99999999999]]`, "negative list": `[["USD"],[0,0,0,0,0,0,0,-1,0,0,0,0]]`,
	} {
		if _, err := price.ParseResult([]byte(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	f.Add(`[["USD"],[0,0,0,0,0,0,0,0,0,0,0]]`)
	f.Add(`{"currency":"USD"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := price.ParseResult([]byte(text))
		if err != nil {
			return
		}
		again, err := price.ParseResult(r.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		same(t, again, r)
	})
}
