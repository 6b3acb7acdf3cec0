package jwo_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwo"
)

// cart20 is a cart of 20 lines.
func cart20(tb testing.TB) []byte {
	tb.Helper()
	line := `{"id":"SKU-000","type":"SKU","quantity":{"value":"2","unit":"unit"},"externalIdentifiers":[{"id":"036000291452","type":"UPC"}]}`
	head, _, _ := strings.Cut(purchasesBody, `"cartItems"`)
	return []byte(head + `"cartItems":[` + strings.Repeat(line+",", 19) + line + `]}`)
}

func BenchmarkDecodeRequest(b *testing.B) {
	doc := cart20(b)
	b.ReportAllocs()
	for b.Loop() {
		var r jwo.CreatePurchasesRequest
		if err := jwo.DecodeRequest(doc, &r, jwo.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingJSON is the yardstick: the same document without the checks.
func BenchmarkEncodingJSON(b *testing.B) {
	doc := cart20(b)
	b.ReportAllocs()
	for b.Loop() {
		var r jwo.CreatePurchasesRequest
		if err := json.Unmarshal(doc, &r); err != nil {
			b.Fatal(err)
		}
	}
}
