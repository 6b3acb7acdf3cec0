package app

import (
	"context"
	"errors"
	"time"

	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/jwo"
)

// outward is the client for Amazon's calls, each kept in the journal with its
// outcome in the words of the contract (payments 9.5).
type outward struct {
	client *jwo.Client
	record func(journal.Call)
}

// call makes one call and writes it down.
func call[Req, Resp any](ctx context.Context, o outward, api, store, trip string, f func(context.Context, Req) (Resp, error), req Req) (Resp, error) {
	c := journal.Call{At: time.Now(), Direction: journal.Out, API: api, StoreID: store, TripID: trip, Status: 200}
	resp, err := f(ctx, req)
	c.Took, c.Outcome = time.Since(c.At), string(jwo.OutcomeOf(err))
	if e := new(jwo.Error); errors.As(err, &e) {
		c.Status = e.Status
	}
	o.record(c)
	return resp, err
}

func (o outward) AdjustCharge(ctx context.Context, r *jwo.AdjustChargeRequest) (*jwo.AdjustChargeResponse, error) {
	return call(ctx, o, jwo.APIAdjustCharge, r.StoreID, r.ShoppingTripID, o.client.AdjustCharge, r)
}

func (o outward) CancelCharge(ctx context.Context, r *jwo.CancelChargeRequest) (*jwo.CancelChargeResponse, error) {
	return call(ctx, o, jwo.APICancelCharge, r.StoreID, r.ShoppingTripID, o.client.CancelCharge, r)
}

func (o outward) CaptureCharge(ctx context.Context, r *jwo.CaptureChargeRequest) (*jwo.CaptureChargeResponse, error) {
	return call(ctx, o, jwo.APICaptureCharge, r.StoreID, r.ShoppingTripID, o.client.CaptureCharge, r)
}

func (o outward) GetTransactionalData(ctx context.Context, r *jwo.GetTransactionalDataRequest) (*jwo.GetTransactionalDataResponse, error) {
	return call(ctx, o, jwo.APIGetTransactionalData, r.StoreID, r.ShoppingTripID, o.client.GetTransactionalData, r)
}

func (o outward) ReportPaymentStatus(ctx context.Context, r *jwo.ReportPaymentStatusRequest) (*jwo.ReportPaymentStatusResponse, error) {
	return call(ctx, o, jwo.APIReportPaymentStatus, r.StoreID, r.ShoppingTripID, o.client.ReportPaymentStatus, r)
}
