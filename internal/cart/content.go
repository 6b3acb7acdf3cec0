package cart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// contentOf is what makes two copies of a cart the same: every field we know
// except requestId, with the spellings that mean the same made equal: times as
// instants, quantities as numbers, both words for cash, missing and empty
// lists. Key order and unknown fields have gone with the decoding.
func contentOf(req *jwo.CreatePurchasesRequest) ([]byte, error) {
	c := *req
	c.RequestID = ""
	trip := *req.ShoppingTrip
	trip.StartTime, trip.EndTime = instant(trip.StartTime), instant(trip.EndTime)
	trip.AuthEvents = make([]jwo.PurchaseAuthEvent, len(req.ShoppingTrip.AuthEvents))
	for i, e := range req.ShoppingTrip.AuthEvents {
		e.Timestamp = instant(e.Timestamp)
		if e.ScanResult != nil {
			e.ScanResult = &jwo.ScanResult{ID: e.ScanResult.ID, Type: kindOf(e)}
		}
		trip.AuthEvents[i] = e
	}
	c.ShoppingTrip = &trip
	c.CartItems = make([]jwo.CartItem, len(req.CartItems))
	for i, item := range req.CartItems {
		q := *item.Quantity
		q.Value = number(q.Value)
		item.Quantity = &q
		if len(item.ExternalIdentifiers) == 0 {
			item.ExternalIdentifiers = nil
		}
		c.CartItems[i] = item
	}
	body, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("content of trip %s: %w", req.IdempotentShoppingTripID, err)
	}
	return body, nil
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func instant(t jwo.Timestamp) jwo.Timestamp {
	at, err := t.Time()
	if err != nil {
		return t
	}
	return jwo.Timestamp(at.UTC().Format(time.RFC3339Nano))
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
