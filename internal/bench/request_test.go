package bench_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/jwo"
)

const (
	storeID = "airport-t2-gate-b14" // the sample store's
	// secret is what the API gateway would add to each call it has checked.
	secret       = "a secret only the gateway knows"
	secretHeader = "X-Stroll-Gateway"
)

// request makes a whole HTTP request of a body.
func request(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: connector\r\nContent-Type: application/json\r\n"+
		"Accept: application/json\r\nUser-Agent: Amazon\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, secretHeader, secret, len(body), body)
}

// mark stands in a template where an id is put in: 32 hexadecimal digits as a
// UUID. The letter says which of the event's ids.
func mark(letter byte) string {
	return strings.Repeat(string(letter), 8) + "-0000-4000-8000-" + strings.Repeat(string(letter), 12)
}

// template is a request and where its ids stand.
type template struct {
	text []byte
	at   map[byte][]int
}

func newTemplate(path, body string, letters string) template {
	t := template{text: request(path, body), at: map[byte][]int{}}
	for i := range len(letters) {
		for from := 0; ; {
			k := bytes.Index(t.text[from:], []byte(mark(letters[i])))
			if k < 0 {
				break
			}
			t.at[letters[i]] = append(t.at[letters[i]], from+k)
			from += k + 1
		}
		if t.at[letters[i]] == nil {
			panic("no mark in the template")
		}
	}
	return t
}

// put writes an id over each place of a mark. Ids are as random as Amazon's,
// so that they fall anywhere in an index.
func (t template) put(b []byte, letter byte, id uint64) {
	a, c := mix(id*2), mix(id*2+1)
	var raw [16]byte
	for i := range 8 {
		raw[i], raw[8+i] = byte(a>>(8*i)), byte(c>>(8*i))
	}
	var text [32]byte
	hex.Encode(text[:], raw[:])
	for _, at := range t.at[letter] {
		copy(b[at:], text[:8])
		copy(b[at+24:], text[8:20])
	}
}

// mix scrambles a counter: the finalizer of SplitMix64, a bijection.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// identitySource scans the codes in turn, each time as an event of its own.
func identitySource(codes []gate.Code) source {
	var all []template
	for _, c := range codes {
		all = append(all, newTemplate(jwo.PathVerifyIdentityKeys, fmt.Sprintf(
			`{"requestId":"%s","identityKey":"%s","storeId":"%s","authEvent":{"id":"%s","timestamp":"%s","location":"ENTRY"}}`,
			mark('a'), base64.StdEncoding.EncodeToString([]byte(c.Text)), storeID, mark('b'), jwo.At(c.IssuedAt.Add(time.Second))), "ab"))
	}
	return func(b []byte, n uint64) []byte {
		t := all[n%uint64(len(all))]
		b = append(b, t.text...)
		t.put(b, 'a', n*4)
		t.put(b, 'b', n*4+1)
		return b
	}
}

// cardSource taps a card that was never seen before.
func cardSource() source {
	t := newTemplate(jwo.PathGetShopperAuthorization, fmt.Sprintf(
		`{"storeId":"%s","shopperIdentity":{"id":"%s"},"authorizedAmount":{"value":25.00,"currencyCode":"USD"},`+
			`"shopperInteraction":{"shoppingTripId":"%s","gateAuthenticationEvent":{"id":"%s","timestamp":"%s",`+
			`"location":"ENTRY","type":"CREDIT_CARD","interactionType":"TAP"}}}`,
		storeID, mark('a'), mark('b'), mark('c'), jwo.At(time.Now())), "abc")
	return func(b []byte, n uint64) []byte {
		b = append(b, t.text...)
		t.put(b, 'a', n*4)
		t.put(b, 'b', n*4+1)
		t.put(b, 'c', n*4+2)
		return b
	}
}

// cart is the JSON lines of a cart of the sample store's items.
func cart(items []price.Item, lines int) string {
	var all []string
	for i := range lines {
		it := items[i*7%len(items)]
		quantity, unit := "1", "each"
		switch {
		case it.Unit != "":
			quantity, unit = "0.350", it.Unit
		case i%3 == 2:
			quantity = "2"
		}
		external := ""
		if len(it.Barcodes) > 0 {
			external = fmt.Sprintf(`,"externalIdentifiers":[{"id":"%s","type":"UPC"}]`, it.Barcodes[0])
		}
		all = append(all, fmt.Sprintf(`{"id":"%s","type":"SKU","quantity":{"value":"%s","unit":"%s"}%s}`, it.SKU, quantity, unit, external))
	}
	return strings.Join(all, ",")
}

// purchaseBody is a cart with the marks of its ids: a request, b trip, c entry
// event, d the card's instrument.
func purchaseBody(items []price.Item, lines int, visitor string) string {
	ended := time.Now().Add(-time.Minute)
	who := `"payloadType":"FINANCIAL"`
	if visitor != "" {
		who = fmt.Sprintf(`"payloadType":"SCAN_CODE","scanResult":{"id":"%s","type":"SHOPPER"}`, visitor)
	}
	return fmt.Sprintf(`{"requestId":"%s","idempotentShoppingTripId":"%s","storeId":"%s","shoppingTrip":{"startTime":"%s","endTime":"%s",`+
		`"authEvents":[{"id":"%s","timestamp":"%s","location":"ENTRY",%s}]},"cartItems":[%s],"shopperIdentity":{"id":"%s"}}`,
		mark('a'), mark('b'), storeID, jwo.At(ended.Add(-9*time.Minute)), jwo.At(ended), mark('c'), jwo.At(ended.Add(-9*time.Minute)),
		who, cart(items, lines), mark('d'))
}

// purchaseSource sends carts, every other of a shopper who entered by the app
// and gets the members' promotions. repeats says how many of ten are sent a
// second time: the same bytes as some hundred requests before.
func purchaseSource(items []price.Item, lines, visitors, repeats int) source {
	card := newTemplate(jwo.PathCreatePurchases, purchaseBody(items, lines, ""), "abcd")
	var app []template
	for i := range visitors {
		app = append(app, newTemplate(jwo.PathCreatePurchases, purchaseBody(items, lines, visitorID(i)), "abcd"))
	}
	return func(b []byte, n uint64) []byte {
		if back := uint64(500 - repeats); n > back && n%10 >= uint64(10-repeats) {
			n -= back // not a repeat itself
		}
		t := card
		if n%2 == 1 {
			t = app[n/2%uint64(len(app))]
		}
		b = append(b, t.text...)
		for i, letter := range []byte("abcd") {
			t.put(b, letter, n*4+uint64(i))
		}
		return b
	}
}

func visitorID(i int) string { return fmt.Sprintf("visitor-%08d", i) }
