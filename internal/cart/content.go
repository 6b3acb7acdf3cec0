package cart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/strollhq/stroll/jwo"
)

// contentOf is what makes two copies of a cart the same: every field we know
// except requestId, with the spellings that mean the same made equal: times as
// instants, quantities as numbers, both words for cash, missing and empty
// lists. Key order and unknown fields have gone with the decoding. It is the
// JSON that encoding/json would make of it, since the digests of carts taken
// long ago must still be met.
func contentOf(req *jwo.CreatePurchasesRequest) []byte {
	b := make([]byte, 0, 512+160*len(req.CartItems))
	b = field(b, `{"requestId":"","idempotentShoppingTripId":`, req.IdempotentShoppingTripID)
	b = field(b, `,"storeId":`, req.StoreID)
	b = instant(append(b, `,"shoppingTrip":{"startTime":`...), req.ShoppingTrip.StartTime)
	b = instant(append(b, `,"endTime":`...), req.ShoppingTrip.EndTime)
	b = append(b, `,"authEvents":[`...)
	for i, e := range req.ShoppingTrip.AuthEvents {
		if i > 0 {
			b = append(b, ',')
		}
		b = field(b, `{"id":`, e.ID)
		if e.Timestamp != "" {
			b = instant(append(b, `,"timestamp":`...), e.Timestamp)
		}
		b = some(b, `,"location":`, e.Location)
		b = field(b, `,"payloadType":`, e.PayloadType)
		if e.ScanResult != nil {
			b = append(b, `,"scanResult":`...)
			b = pair(b, e.ScanResult.ID, kindOf(e))
		}
		b = append(b, '}')
	}
	b = append(b, `]},"cartItems":[`...)
	for i, item := range req.CartItems {
		if i > 0 {
			b = append(b, ',')
		}
		b = field(b, `{"id":`, item.ID)
		b = field(b, `,"type":`, item.Type)
		b = field(b, `,"quantity":{"value":`, number(item.Quantity.Value))
		b = field(b, `,"unit":`, item.Quantity.Unit)
		b = append(b, '}')
		if len(item.ExternalIdentifiers) > 0 {
			b = append(b, `,"externalIdentifiers":[`...)
			for j, x := range item.ExternalIdentifiers {
				if j > 0 {
					b = append(b, ',')
				}
				b = pair(b, x.ID, x.Type)
			}
			b = append(b, ']')
		}
		b = some(b, `,"lineItemId":`, item.LineItemID)
		b = append(b, '}')
	}
	b = append(b, ']')
	if req.ShopperIdentity != nil {
		b = rest(append(b, `,"shopperIdentity":`...), req.ShopperIdentity)
	}
	b = some(b, `,"shopperDeviceId":`, req.ShopperDeviceID)
	if req.PaymentSource != nil {
		b = rest(append(b, `,"paymentSource":`...), req.PaymentSource)
	}
	return append(b, '}')
}

// field adds a key and a text.
func field(b []byte, key, text string) []byte { return quoted(append(b, key...), text) }

// some is field for a text that is left out when it is empty.
func some(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return field(b, key, text)
}

// pair is an object with id and type, each only if it is there.
func pair(b []byte, id, kind string) []byte {
	b = append(b, '{')
	b = some(b, `"id":`, id)
	if id != "" && kind != "" {
		b = append(b, ',')
	}
	b = some(b, `"type":`, kind)
	return append(b, '}')
}

// quoted adds a JSON string as encoding/json writes it.
func quoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x7f {
			return rest(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// rest adds what encoding/json makes of a text, or of a struct of texts.
func rest(b []byte, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts cannot fail
	}
	return append(b, data...)
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// instant adds a moment; what is none stays as it is.
func instant(b []byte, t jwo.Timestamp) []byte {
	at, err := t.Time()
	if err != nil {
		return quoted(b, string(t))
	}
	b = append(b, '"')
	b = at.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// number drops the zeros that do not change a number: "02.50" is "2.5".
func number(s string) string {
	whole, part, point := strings.Cut(s, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	part = strings.TrimRight(part, "0")
	if !point || part == "" {
		return whole
	}
	return whole + "." + part
}
