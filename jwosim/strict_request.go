package jwosim

import (
	"encoding/json"
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/strollhq/stroll/money"
)

type requestRule struct {
	StrictRule
	broken func(*request) string
}

func ofRequest(name, refuses, source string, broken func(*request) string) requestRule {
	return requestRule{StrictRule{name, "request", refuses, source}, broken}
}

// requestRules in the order they are tried.
var requestRules = []requestRule{
	ofRequest("query", "a query string", "payments 1: the paths have none [D]", func(q *request) string {
		if q.http.URL.RawQuery != "" {
			return "the address has a query"
		}
		return ""
	}),
	ofRequest("content-type", "another Content-Type than application/json, or none", "payments 1, catalog 2 [D]", func(q *request) string {
		return isJSON(q.http.Header.Get("Content-Type"))
	}),
	ofRequest("accept", "an Accept that is not application/json, or none", "catalog 2 [D], for payments [A]", func(q *request) string {
		if a := q.http.Header.Get("Accept"); !acceptsJSON(a) {
			return fmt.Sprintf("Accept is %.60q", a)
		}
		return ""
	}),
	ofRequest("user-agent", "no User-Agent", "not in the contract: common in front of APIs [A]", func(q *request) string {
		if q.http.UserAgent() == "" {
			return "there is no User-Agent"
		}
		return ""
	}),
	ofRequest("content-length", "a body whose length is not said beforehand", "not in the contract: common in front of APIs [A]", func(q *request) string {
		if q.http.ContentLength < 0 {
			return "there is no Content-Length"
		}
		return ""
	}),
	ofRequest("utf-8", "a body that is not UTF-8", "payments 1: JSON [D]", func(q *request) string {
		if !utf8.Valid(q.body) {
			return "the body is not UTF-8"
		}
		return ""
	}),
	ofRequest("duplicate-field", "a field that is there twice in one object", "payments 1: JSON [D]", func(q *request) string {
		if name := twice(q.body); name != "" {
			return fmt.Sprintf("%.60q is there twice", name)
		}
		return ""
	}),
	ofRequest("unknown-field", "a field the contract does not name, at any depth", "payments 1.2 to 8 [D]; tolerance is documented for answers alone", func(q *request) string {
		return unknown(q.b.m, requestFields[q.api])
	}),
	ofRequest("null-field", "null, in optional fields as well", "payments 11.2 to 11.6: nulls are 400 [D]", func(q *request) string {
		return null(q.b.m, "")
	}),
	ofRequest("amount-decimals", "an amount not written with exactly the decimals of its currency, or with an exponent", "payments 1.3 [A]; at most two [D]", amountDecimals),
	ofRequest("status-time", "a report without paymentStatusTime, or with one that is not whole epoch seconds", "payments 8: unit unknown [A]", statusTime),
	ofRequest("before-cart", "Adjust, Capture or Cancel while the shopper is in the store", "payments 2, 3: after the purchase id [D]", func(q *request) string {
		if !slices.Contains([]string{"AdjustCharge", "CaptureCharge", "CancelCharge"}, q.api) {
			return ""
		}
		if t := q.sim.trips[q.b.peek("shoppingTripId")]; t != nil && t.state == tripShopping {
			return "the cart of the trip was not sent yet"
		}
		return ""
	}),
	ofRequest("capture-amount", "a Capture of another sum than the last APPROVED Adjust authorized", "payments 4: the adjusted amount [D]", captureAmount),
	ofRequest("refund-id", "a refundRequestId that another trip used", "payments 5: unique per refund [D]", func(q *request) string {
		trip, id := q.b.peek("shoppingTripId"), q.b.peek("refundRequestId")
		for _, t := range q.sim.order {
			if t.charge == nil || t.id == trip {
				continue
			}
			if _, used := t.charge.refunds[id]; used {
				return "trip " + t.id + " used the refundRequestId"
			}
		}
		return ""
	}),
}

// requestFields are the documented fields of each operation, by path.
var requestFields = map[string][]string{
	"AdjustCharge":         {"storeId", "shoppingTripId", "amount", "amount.amount", "amount.code"},
	"CancelCharge":         {"storeId", "shoppingTripId"},
	"CaptureCharge":        {"storeId", "shoppingTripId", "amount", "amount.amount", "amount.code"},
	"Refund":               {"storeId", "shoppingTripId", "amount", "amount.amount", "amount.code", "refundRequestId", "refundReasonCode"},
	"GetTransactionalData": {"storeId", "shoppingTripId"},
	"GetShopperIdentity":   {"storeId", "shopperId", "shopperId.id"},
	"ReportPaymentStatus": {"storeId", "shoppingTripId", "totalAmount", "totalAmount.amount", "totalAmount.code",
		"settledAmount", "settledAmount.amount", "settledAmount.code", "paymentStatusTime"},
}

func isJSON(contentType string) string {
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || kind != "application/json" {
		return fmt.Sprintf("Content-Type is %.60q", contentType)
	}
	return ""
}

func acceptsJSON(accept string) bool {
	for one := range strings.SplitSeq(accept, ",") {
		if kind, _, err := mime.ParseMediaType(one); err == nil && kind == "application/json" {
			return true
		}
	}
	return false
}

// plain is how an amount is written: digits, and decimals where there are any.
var plain = regexp.MustCompile(`^(0|[1-9][0-9]*)(?:\.([0-9]+))?$`)

func amountDecimals(q *request) string {
	for _, name := range []string{"amount", "totalAmount", "settledAmount"} {
		o, _ := q.b.m[name].(map[string]any)
		n, isNumber := o["amount"].(json.Number)
		code, _ := o["code"].(string)
		cur, err := money.ParseCurrency(code)
		if !isNumber || err != nil {
			continue // another refusal's
		}
		m := plain.FindStringSubmatch(strings.TrimPrefix(n.String(), "-"))
		if m == nil || len(m[2]) != cur.Digits() {
			return fmt.Sprintf("%s %.30s is not written with the %d decimals of %s", name, n, cur.Digits(), cur)
		}
	}
	return ""
}

// seconds are ten digits until the year 2286; milliseconds have thirteen.
var seconds = regexp.MustCompile(`^[1-9][0-9]{8,9}$`)

func statusTime(q *request) string {
	if q.api != "ReportPaymentStatus" {
		return ""
	}
	n, _ := q.b.m["paymentStatusTime"].(json.Number)
	if !seconds.MatchString(n.String()) {
		return fmt.Sprintf("paymentStatusTime %.30q is not whole epoch seconds", n)
	}
	return ""
}

func captureAmount(q *request) string {
	t := q.sim.trips[q.b.peek("shoppingTripId")]
	if q.api != "CaptureCharge" || t == nil || t.charge == nil || t.charge.state != chargeApproved {
		return ""
	}
	amount := (&fields{m: q.b.m}).amount("amount")
	if authorized := money.New(t.charge.authorized, t.charge.cur); !amount.IsZero() && amount != authorized {
		return fmt.Sprintf("%s of the authorized %s", amount, authorized)
	}
	return ""
}
