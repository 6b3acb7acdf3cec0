package jwo

import (
	"strconv"
	"time"
)

// ReportPaymentStatusRequest tells Amazon what a trip cost and what has been
// settled of it so far (contract: payments 8). SettledAmount is cumulative.
type ReportPaymentStatusRequest struct {
	StoreID           string        `json:"storeId"`
	ShoppingTripID    string        `json:"shoppingTripId"`
	TotalAmount       *PaymentMoney `json:"totalAmount"`
	SettledAmount     *PaymentMoney `json:"settledAmount"`
	PaymentStatusTime Number        `json:"paymentStatusTime,omitempty"` // EpochSeconds or EpochMillis
}

// ReportPaymentStatusResponse says whether the report was taken: Accepted or
// Rejected. The HTTP status alone does not.
type ReportPaymentStatusResponse struct {
	Status string `json:"status"`
}

// EpochSeconds is t as paymentStatusTime is assumed to want it.
func EpochSeconds(t time.Time) Number { return Number(strconv.FormatInt(t.Unix(), 10)) }

// EpochMillis is t in the other reading of paymentStatusTime.
func EpochMillis(t time.Time) Number { return Number(strconv.FormatInt(t.UnixMilli(), 10)) }

// Validate implements Request.
func (r *ReportPaymentStatusRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *ReportPaymentStatusRequest) ValidateWith(Limits) error {
	var f faults
	trip(&f, r.StoreID, r.ShoppingTripID)
	amount(&f, "totalAmount", r.TotalAmount, false)
	amount(&f, "settledAmount", r.SettledAmount, false)
	if r.PaymentStatusTime != "" {
		if _, err := r.PaymentStatusTime.Decimal(); err != nil {
			f.add("paymentStatusTime", "is not a number")
		}
	}
	return f.err()
}
