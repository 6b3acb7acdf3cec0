package cart_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

var serial atomic.Int64

// trip is a new trip id.
func trip() string { return fmt.Sprintf("trip-%d", serial.Add(1)) }

func uuidOf(n int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// object is a JSON object under construction.
type object = map[string]any

// body is a cart of one cola by an app shopper, changed by edits.
func body(trip string, edits ...func(object)) string {
	o := object{
		"requestId": uuidOf(serial.Add(1)), "idempotentShoppingTripId": trip, "storeId": "store-1",
		"shoppingTrip": object{
			"startTime": "2026-03-02T14:30:00Z", "endTime": "2026-03-02T14:41:00Z",
			"authEvents": []any{event("SCAN_CODE", "SHOPPER", "ann")},
		},
		"cartItems": []any{item("COLA", "1")},
	}
	for _, edit := range edits {
		edit(o)
	}
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func event(payload, kind, id string) object {
	e := object{"id": uuidOf(serial.Add(1)), "timestamp": "2026-03-02T14:30:00Z", "location": "ENTRY", "payloadType": payload}
	if kind != "" {
		e["scanResult"] = object{"id": id, "type": kind}
	}
	return e
}

func item(id, quantity string) object {
	return object{"id": id, "type": "SKU", "quantity": object{"value": quantity, "unit": "each"}}
}

func items(list ...object) func(object) {
	return func(o object) {
		all := []any{}
		for _, i := range list {
			all = append(all, i)
		}
		o["cartItems"] = all
	}
}

func events(list ...object) func(object) {
	return func(o object) {
		all := []any{}
		for _, e := range list {
			all = append(all, e)
		}
		o["shoppingTrip"].(object)["authEvents"] = all
	}
}

// at sets, or with nothing removes, what a path of keys and indexes leads to.
func at(value any, path ...any) func(object) {
	return func(o object) {
		var here any = o
		for _, step := range path[:len(path)-1] {
			switch k := step.(type) {
			case string:
				here = here.(object)[k]
			case int:
				here = here.([]any)[k]
			}
		}
		last := path[len(path)-1]
		if k, ok := last.(string); ok && value == nothing {
			delete(here.(object), k)
		} else if ok {
			here.(object)[k] = value
		} else {
			here.([]any)[last.(int)] = value
		}
	}
}

type absent struct{}

var nothing = absent{}
