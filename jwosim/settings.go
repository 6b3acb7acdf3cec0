package jwosim

import (
	"fmt"
	"time"
)

// Settings decides what the contract leaves open. The zero value is the
// documented default of every field; none of it is known about the real
// service.
type Settings struct {
	// GateTries is how often a gate asks the connector in all. Default 3.
	GateTries int `json:"gate_tries" yaml:"gate_tries"`
	// GateTimeout of one attempt. Default 2 s, the documented limit.
	GateTimeout time.Duration `json:"gate_timeout" yaml:"gate_timeout"`
	// GatePatience is the longest Retry-After a gate waits for; a longer one
	// leaves the gate closed at once. Default 5 s.
	GatePatience time.Duration `json:"gate_patience" yaml:"gate_patience"`
	// RetryRequestID of a repeated call: "either" (default, by seed), "same" or
	// "new". The event's and the trip's own ids never change.
	RetryRequestID string `json:"retry_request_id" yaml:"retry_request_id"`
	// AppPreAuthRefused at app entry, when the visitor's card cannot bear the
	// hold: "deny" (default) keeps the gate closed, "admit" lets in without.
	AppPreAuthRefused string `json:"app_pre_auth_refused" yaml:"app_pre_auth_refused"`

	// CartTimeout of one delivery. Default 29 s.
	CartTimeout time.Duration `json:"cart_timeout" yaml:"cart_timeout"`
	// CartFirst and CartCeiling are the first and the longest wait between
	// deliveries, doubling. Defaults 1 s and 5 min.
	CartFirst   time.Duration `json:"cart_first" yaml:"cart_first"`
	CartCeiling time.Duration `json:"cart_ceiling" yaml:"cart_ceiling"`
	// CartGiveUp is how long a cart is delivered again before it is given up.
	// Default: the lifetime of the store's pre-authorizations.
	CartGiveUp time.Duration `json:"cart_give_up" yaml:"cart_give_up"`
	// CartFields: "all" (default) sends every documented field, "required"
	// those alone, "older" adds paymentSource as older bodies do.
	CartFields string `json:"cart_fields" yaml:"cart_fields"`
	// CashWord is the scan type of a cash shopper in a cart: "CASH" (default)
	// or "CASH_SHOPPER"; both are documented.
	CashWord string `json:"cash_word" yaml:"cash_word"`

	// RepeatedAdjust: "evaluate" (default: the new total is set) or "refuse".
	RepeatedAdjust string `json:"repeated_adjust" yaml:"repeated_adjust"`
	// RepeatedCapture with the same amount: "accept" (default: 200, nothing
	// happens) or "refuse". Another amount is always refused.
	RepeatedCapture string `json:"repeated_capture" yaml:"repeated_capture"`
	// DoubleCaptures makes every accepted Capture take the money again, to
	// prove that a retailer's system protects itself.
	DoubleCaptures bool `json:"double_captures" yaml:"double_captures"`
	// RepeatedCancel: "accept" (default) or "refuse".
	RepeatedCancel string `json:"repeated_cancel" yaml:"repeated_cancel"`
	// CaptureWithoutAdjust allows a Capture up to the hold before any Adjust.
	CaptureWithoutAdjust bool `json:"capture_without_adjust" yaml:"capture_without_adjust"`
	// NoCaptureAfterDecline refuses a Capture of the held sum after a declined
	// Adjust, which is otherwise allowed.
	NoCaptureAfterDecline bool `json:"no_capture_after_decline" yaml:"no_capture_after_decline"`
	// CancelWithoutHold: "unknown_trip" (default) or "accept".
	CancelWithoutHold string `json:"cancel_without_hold" yaml:"cancel_without_hold"`
	// WrongState is the error name of a call the charge's state forbids.
	// Default BadRequestException.
	WrongState string `json:"wrong_state" yaml:"wrong_state"`
	// ExpiredStatus of ShoppingTripExpiredException. Default 400.
	ExpiredStatus int `json:"expired_status" yaml:"expired_status"`

	// TooEarly is the answer for transactional data before the capture and
	// during EMVDelay: "unknown_trip" (default) or "missing_fields".
	TooEarly string `json:"too_early" yaml:"too_early"`
	// EMVDelay after the capture until transactional data exist. Default 0.
	EMVDelay time.Duration `json:"emv_delay" yaml:"emv_delay"`
	// RefundAnswer: "id" (default, with reconciliationId) or "empty".
	RefundAnswer string `json:"refund_answer" yaml:"refund_answer"`
	// RefundWindow from the end of the trip. Default 30 days.
	RefundWindow time.Duration `json:"refund_window" yaml:"refund_window"`
	// RefundReasons allowed. Default: the five documented.
	RefundReasons []string `json:"refund_reasons" yaml:"refund_reasons"`
	// UnknownShopper is the e-mail of an unknown shopper id: "absent"
	// (default), "null" or "empty".
	UnknownShopper string `json:"unknown_shopper" yaml:"unknown_shopper"`
	// FallingReport is the answer to a settled amount below an earlier one:
	// "reject" (default) or "accept".
	FallingReport string `json:"falling_report" yaml:"falling_report"`
	// ReportUnknownTrip is the error name of a report about no trip: default
	// UnknownShoppingTrip; BadRequestException is documented elsewhere.
	ReportUnknownTrip string `json:"report_unknown_trip" yaml:"report_unknown_trip"`
}

func (s *Settings) defaults() error {
	for _, f := range []struct {
		name  string
		value *string
		words []string
	}{
		{"retry_request_id", &s.RetryRequestID, []string{"either", "same", "new"}},
		{"app_pre_auth_refused", &s.AppPreAuthRefused, []string{"deny", "admit"}},
		{"cart_fields", &s.CartFields, []string{"all", "required", "older"}},
		{"cash_word", &s.CashWord, []string{"CASH", "CASH_SHOPPER"}},
		{"repeated_adjust", &s.RepeatedAdjust, []string{"evaluate", "refuse"}},
		{"repeated_capture", &s.RepeatedCapture, []string{"accept", "refuse"}},
		{"repeated_cancel", &s.RepeatedCancel, []string{"accept", "refuse"}},
		{"cancel_without_hold", &s.CancelWithoutHold, []string{"unknown_trip", "accept"}},
		{"too_early", &s.TooEarly, []string{"unknown_trip", "missing_fields"}},
		{"refund_answer", &s.RefundAnswer, []string{"id", "empty"}},
		{"unknown_shopper", &s.UnknownShopper, []string{"absent", "null", "empty"}},
		{"falling_report", &s.FallingReport, []string{"reject", "accept"}},
	} {
		if err := oneOf(f.value, f.words); err != nil {
			return fmt.Errorf("%s %w", f.name, err)
		}
	}
	for _, f := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{
		{"gate_timeout", &s.GateTimeout, 2 * time.Second},
		{"gate_patience", &s.GatePatience, 5 * time.Second},
		{"cart_timeout", &s.CartTimeout, 29 * time.Second},
		{"cart_first", &s.CartFirst, time.Second},
		{"cart_ceiling", &s.CartCeiling, 5 * time.Minute},
		{"cart_give_up", &s.CartGiveUp, 0},
		{"emv_delay", &s.EMVDelay, 0},
		{"refund_window", &s.RefundWindow, 30 * 24 * time.Hour},
	} {
		if *f.value < 0 {
			return fmt.Errorf("%s %s is negative", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.std
		}
	}
	if s.GateTries <= 0 {
		s.GateTries = 3
	}
	if s.WrongState == "" {
		s.WrongState = badRequest
	}
	if s.ReportUnknownTrip == "" {
		s.ReportUnknownTrip = unknownTrip
	}
	if s.ExpiredStatus == 0 {
		s.ExpiredStatus = 400
	}
	if s.RefundReasons == nil {
		s.RefundReasons = []string{"DAMAGED_ITEM", "EXPIRED_ITEM", "UNWANTED_ITEM", "JWO_TECH_ERROR", "OTHER"}
	}
	return nil
}
