package shopper

import "github.com/strollhq/stroll/internal/db"

// Stands checks that an account is what it was read as, in all that decides on
// an entry: give it what Standing answers.
var Stands = db.NewCheck("id text, kind text, status text, fraud bigint, payment_method bigint, card_expires bigint",
	`EXISTS (SELECT 1 FROM shopper WHERE shopper.id = r.id AND shopper.kind = r.kind AND shopper.status = r.status AND shopper.fraud = r.fraud
		AND shopper.payment_method = r.payment_method AND shopper.card_expires = r.card_expires)`)

// Unknown checks that there is no account of an id.
var Unknown = db.NewCheck("id text", `NOT EXISTS (SELECT 1 FROM shopper WHERE shopper.id = r.id)`)

// Standing is what Stands compares.
func (s Shopper) Standing() []any {
	return []any{s.ID, s.Kind, s.Status, bit(s.Fraud), bit(s.PaymentMethod), millis(s.CardExpires)}
}
