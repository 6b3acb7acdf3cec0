package jwosim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/money"
)

// wireMoney is the payment calls' shape of an amount.
func wireMoney(a money.Amount) map[string]any {
	return map[string]any{"amount": json.Number(a.Number()), "code": string(a.Currency)}
}

// transactionalData are the card's fields for the receipt.
func (s *Sim) transactionalData(b *fields, force string) result {
	t, c, bad := s.payment(b, nil)
	switch {
	case bad != nil:
		return *bad
	case c == nil:
		return refuse(unknownTrip)
	}
	all := s.emv(t, c)
	early := c.state != chargeCaptured || s.Now().Before(c.capturedAt.Add(s.cfg.Settings.EMVDelay))
	switch {
	case early && s.cfg.Settings.TooEarly == "unknown_trip":
		return refuse(unknownTrip)
	case early || force == "missing_fields":
		for _, name := range emvFields {
			if name != "brand" && name != "tail" && name != "currency" {
				delete(all, name)
			}
		}
	}
	return ok(all)
}

func (s *Sim) emv(t *Trip, c *charge) map[string]any {
	h := s.hash("emv", c.card.ID)
	at := strings.ToUpper(strings.ReplaceAll(s.id("statement", t.key, 0), "-", ""))
	aid := brands[0].aid
	for _, b := range brands {
		if b.name == c.card.Brand {
			aid = b.aid
		}
	}
	mode := c.card.Behaviour.EntryMode
	if mode == "" {
		mode = "EMV_9F39_07"
	}
	// Cards outlive every test: the year counts from the trip's.
	year := t.started.Year() + 1 + int(h[0]%4)
	all := map[string]any{
		"brand": c.card.Brand, "tail": c.card.Last4, "posEntryMode": mode, "currency": string(c.cur),
		"authorizationResponseCode": "00", "cryptogramInformationData": "80",
		"panSequenceNumber": fmt.Sprintf("%02d", h[1]%3), "applicationId": aid,
		"expirationDate": map[string]string{
			"expirationYear": fmt.Sprint(year), "expirationMonth": fmt.Sprintf("%02d", 1+h[2]%12),
		},
		"cardholderVerificationMethodResult": "1F0302",
		"terminalId":                         fmt.Sprintf("%08d", 10_000_000+int(s.hash("terminal", t.store.ID)[0])),
		"reconciliationId":                   c.reconciliation,
		"cardStatementTransactionId":         at[:16],
	}
	for _, name := range c.card.Behaviour.OmitEMV {
		delete(all, name)
	}
	return all
}

// shopperIdentity is the e-mail left at the kiosk.
func (s *Sim) shopperIdentity(b *fields, force string) result {
	storeID := b.text("storeId", 255, storeIDs)
	shopper := b.object("shopperId")
	id := shopper.text("id", 255, shopperIDs)
	if b.bad || shopper.bad || s.stores[storeID] == nil {
		return refuse(badRequest)
	}
	email := s.emails[id]
	if a := s.cards[s.instruments[id]]; email == "" && a != nil {
		email = a.Email
	}
	if forced, is := magicShopper(id); is && email == "" && force == "" {
		return ok(forced)
	}
	if email == "" || force == "no_email" {
		switch s.cfg.Settings.UnknownShopper {
		case "null":
			return ok(map[string]any{"shopperEmail": nil})
		case "empty":
			return ok(map[string]any{"shopperEmail": ""})
		}
		return ok(map[string]any{})
	}
	return ok(map[string]any{"shopperEmail": email})
}

// Report is what the retailer last said was settled of a trip.
type Report struct {
	Total   money.Amount `json:"total"`
	Settled money.Amount `json:"settled"`
	At      time.Time    `json:"at"`
	Count   int          `json:"count"`
}

// reportStatus keeps the outcome of a trip's payment and, from it, what its
// card owes. Any trip whose gate opened is known, hold or not.
func (s *Sim) reportStatus(b *fields, force string) result {
	var total, settled money.Amount
	t, _, bad := s.payment(b, func() {
		total, settled = b.amount("totalAmount"), b.amount("settledAmount")
		b.number("paymentStatusTime")
		b.bad = b.bad || total.Minor < 0 || settled.Minor < 0 || total.Currency != settled.Currency
	})
	if bad != nil {
		if bad.name == unknownTrip {
			bad.name = s.cfg.Settings.ReportUnknownTrip
		}
		return *bad
	}
	fell := t.report != nil && t.report.Settled.Currency == settled.Currency && settled.Minor < t.report.Settled.Minor
	if fell {
		s.find(ReportFell, t, "reported %s settled after %s", settled, t.report.Settled)
	}
	rejected := settled.Minor > total.Minor || fell && s.cfg.Settings.FallingReport == "reject" ||
		t.card != nil && t.card.Behaviour.RejectReports
	if force == "Accepted" || force == "Rejected" {
		rejected = force == "Rejected"
	}
	if rejected {
		return ok(map[string]string{"status": "Rejected"})
	}
	s.settle(t, total, settled)
	if force == "unknown_status" {
		return ok(map[string]string{"status": "Whatever"})
	}
	return ok(map[string]string{"status": "Accepted"})
}

// settle records a report and blocks or frees the trip's card.
func (s *Sim) settle(t *Trip, total, settled money.Amount) {
	count := 1
	if t.report != nil {
		count += t.report.Count
	}
	t.report = &Report{Total: total, Settled: settled, At: s.Now(), Count: count}
	if t.card == nil || !slices.Contains([]string{AmazonManaged, AmazonRecommendation}, t.store.Strategy) {
		return
	}
	delete(t.card.owed, t)
	if owed := total.Minor - settled.Minor; owed > 0 {
		t.card.owed[t] = money.New(owed, total.Currency)
	}
}
