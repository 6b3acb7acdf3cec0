package scenario

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// body is a request as loose JSON, so that it can be made as wrong as wanted.
// It is written from the contract and shares no type with anything.
type body map[string]any

func newID() string { return uuid.NewString() }

func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// identity asks whether the bearer of a code may enter.
func (st *Stage) identity(code string) body {
	return body{
		"requestId": newID(), "identityKey": base64.StdEncoding.EncodeToString([]byte(code)), "storeId": st.store.ID,
		"authEvent":  body{"id": newID(), "timestamp": at(time.Now()), "location": "ENTRY"},
		"keyChannel": "OPTICAL",
	}
}

// madeUp is a code that nobody has issued.
func madeUp() string { return "NOBODY0" + strings.ReplaceAll(newID(), "-", "") + "1700000000" }

// authorization asks whether the bearer of a card may enter.
func (st *Stage) authorization(instrument string) body {
	return body{
		"storeId": st.store.ID, "shopperIdentity": body{"id": instrument}, "authorizedAmount": st.value(st.store.PreAuth.Number()),
		"shopperInteraction": body{
			"shoppingTripId": newID(),
			"gateAuthenticationEvent": body{
				"id": newID(), "timestamp": at(time.Now()), "location": "ENTRY", "type": "CREDIT_CARD", "interactionType": "TAP", "data": body{},
			},
		},
	}
}

func newInstrument() string { return "instrument-" + newID() }

// value is money as Shopper Authorization writes it.
func (st *Stage) value(number string) body {
	return body{"value": json.Number(number), "currencyCode": string(st.store.Currency)}
}

// amount is money as the payment calls write it.
func (st *Stage) amount(number string) body {
	return body{"amount": json.Number(number), "code": string(st.store.Currency)}
}

// advice is Amazon's recommendation.
func (st *Stage) advice(authorized bool, risks []string, reduced string) body {
	conditions := []any{}
	if reduced != "" {
		conditions = append(conditions, body{"type": "ADJUST", "amount": st.value(reduced)})
	}
	if risks == nil {
		risks = []string{}
	}
	return body{"shopperAuthorized": authorized, "authorizationConditions": conditions, "shopperRisks": risks}
}

// text is the body as it is sent.
func (b body) text() []byte {
	out, err := json.Marshal(b)
	if err != nil {
		panic(fmt.Sprintf("scenario: %v", err)) // of our own making
	}
	return out
}

// clone is a deep copy.
func (b body) clone() body {
	var c body
	d := json.NewDecoder(bytes.NewReader(b.text()))
	d.UseNumber()
	if err := d.Decode(&c); err != nil {
		panic(fmt.Sprintf("scenario: %v", err)) // of our own making
	}
	return c
}

// gone as a value removes a field.
type gone struct{}

// with is a copy with one field set, or removed, by its path:
// "shoppingTrip.authEvents.0.id".
func (b body) with(path string, value any) body {
	c := b.clone()
	c.set(path, value)
	return c
}

func (b body) set(path string, value any) {
	put(map[string]any(b), strings.Split(path, "."), value)
}

func put(in any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch in := in.(type) {
	case body:
		return body(put(map[string]any(in), path, value).(map[string]any))
	case map[string]any:
		if _, remove := value.(gone); remove && len(path) == 1 {
			delete(in, path[0])
		} else {
			in[path[0]] = put(in[path[0]], path[1:], value)
		}
		return in
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(in) {
			in[i] = put(in[i], path[1:], value)
		}
		return in
	}
	return put(map[string]any{}, path, value)
}

// strangers is a copy with fields nobody knows, at every depth.
func (b body) strangers() body {
	c := b.clone()
	var add func(v any)
	add = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Collect(maps.Keys(v)) {
				add(v[k])
			}
			v["addedIn2030"] = map[string]any{"what": []any{1, "two", nil}}
		case []any:
			for _, e := range v {
				add(e)
			}
		}
	}
	add(map[string]any(c))
	return c
}

// override applies what the user wants different.
func (st *Stage) override(b body) body {
	for _, path := range slices.Sorted(maps.Keys(st.opt.Override)) {
		text := st.opt.Override[path]
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil || d.More() {
			v = text
		}
		b = b.with(path, v)
	}
	return b
}
