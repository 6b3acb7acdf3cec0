package pay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Amazon is the part of jwo.Client this package calls.
type Amazon interface {
	AdjustCharge(context.Context, *jwo.AdjustChargeRequest) (*jwo.AdjustChargeResponse, error)
	CancelCharge(context.Context, *jwo.CancelChargeRequest) (*jwo.CancelChargeResponse, error)
	CaptureCharge(context.Context, *jwo.CaptureChargeRequest) (*jwo.CaptureChargeResponse, error)
	GetTransactionalData(context.Context, *jwo.GetTransactionalDataRequest) (*jwo.GetTransactionalDataResponse, error)
	ReportPaymentStatus(context.Context, *jwo.ReportPaymentStatusRequest) (*jwo.ReportPaymentStatusResponse, error)
}

// paymentService is the gateway to Amazon's Payment Service. The stored body
// is the request's JSON; the client writes the same bytes again from it.
type paymentService struct{ amazon Amazon }

func (paymentService) api(op Op) string {
	switch op {
	case OpAdjust:
		return jwo.APIAdjustCharge
	case OpCapture:
		return jwo.APICaptureCharge
	default:
		return jwo.APICancelCharge
	}
}

func (paymentService) body(in intent) ([]byte, error) {
	var req interface{ Validate() error }
	switch in.Op {
	case OpAdjust:
		req = &jwo.AdjustChargeRequest{StoreID: in.StoreID, ShoppingTripID: in.TripID, Amount: jwo.PaymentAmount(in.Amount)}
	case OpCapture:
		req = &jwo.CaptureChargeRequest{StoreID: in.StoreID, ShoppingTripID: in.TripID, Amount: jwo.PaymentAmount(in.Amount)}
	case OpCancel:
		req = &jwo.CancelChargeRequest{StoreID: in.StoreID, ShoppingTripID: in.TripID}
	default:
		return nil, fmt.Errorf("no call for %q", in.Op)
	}
	if err := req.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", jwo.BadRequestException, err)
	}
	return json.Marshal(req)
}

func (g paymentService) send(ctx context.Context, in intent, body []byte) answer {
	switch in.Op {
	case OpAdjust:
		return g.adjust(ctx, body)
	case OpCapture:
		var req jwo.CaptureChargeRequest
		if err := json.Unmarshal(body, &req); err != nil {
			return unreadable(err)
		}
		_, err := g.amazon.CaptureCharge(ctx, &req)
		return failed(err)
	default:
		var req jwo.CancelChargeRequest
		if err := json.Unmarshal(body, &req); err != nil {
			return unreadable(err)
		}
		_, err := g.amazon.CancelCharge(ctx, &req)
		return failed(err)
	}
}

func (g paymentService) adjust(ctx context.Context, body []byte) answer {
	var req jwo.AdjustChargeRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return unreadable(err)
	}
	resp, err := g.amazon.AdjustCharge(ctx, &req)
	a := failed(err)
	if a.Outcome != jwo.Done {
		return a
	}
	a.Status = resp.Status
	switch a.Status {
	case jwo.Approved, jwo.Declined, jwo.Pending:
	default:
		return answer{Outcome: jwo.Unknown, Lost: true, Note: "200 without a known status"}
	}
	if resp.AuthorizedAmount != nil {
		m, err := resp.AuthorizedAmount.Money()
		if err != nil {
			// Digits the currency does not have, or a currency that is none:
			// an integrity fault, told apart by an impossible amount.
			a.Authorized = money.Amount{Minor: -1, Currency: money.Currency(resp.AuthorizedAmount.Code)}
			a.Note = "authorizedAmount: " + err.Error()
			return a
		}
		a.Authorized = m
	}
	return a
}

// asks is the API of the inquiry after a Capture; nothing is asked after others.
func (paymentService) asks(op Op) string {
	if op != OpCapture {
		return ""
	}
	return jwo.APIGetTransactionalData
}

// inquire asks for transactional data after a Capture. A reconciliation id is
// weak evidence: a charge exists, its amount is not told.
func (g paymentService) inquire(ctx context.Context, in intent) (verdict, answer) {
	if in.Op != OpCapture {
		return noNews, answer{}
	}
	resp, err := g.amazon.GetTransactionalData(ctx, &jwo.GetTransactionalDataRequest{StoreID: in.StoreID, ShoppingTripID: in.TripID})
	if err != nil {
		return noNews, failed(err)
	}
	if resp.ReconciliationID == "" {
		return noNews, answer{Outcome: jwo.Done}
	}
	return weak, answer{Outcome: jwo.Done, Ref: resp.ReconciliationID, Note: "transactional data with a reconciliation id"}
}

// failed turns the client's error into an answer; nil is Done.
func failed(err error) answer {
	if err == nil {
		return answer{Outcome: jwo.Done}
	}
	a := answer{Outcome: jwo.OutcomeOf(err), Lost: true, Note: err.Error()}
	var e *jwo.Error
	if errors.As(err, &e) {
		a.Name, a.RetryAfter = e.Name, e.RetryAfter
		// A 500 or 503 is Amazon's word; anything else may be a proxy's.
		a.Lost = e.Status != http.StatusInternalServerError && e.Status != http.StatusServiceUnavailable
	}
	return a
}

// unreadable is a stored body that this program cannot read: never sent, a
// fault of ours.
func unreadable(err error) answer {
	return answer{Outcome: jwo.Refused, Name: jwo.BadRequestException, Note: "stored body: " + err.Error()}
}
