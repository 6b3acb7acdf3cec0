package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwo"
)

// qrCode is the one kind of key GetShopper can be asked with.
const qrCode = "QR_CODE"

var errClosedDoor = &jwo.Refusal{Status: http.StatusNotFound}

// door answers the store's policy if the store opened the door.
func (g *Gate) door(storeID string, open func(DoorSettings) bool) (*policy, error) {
	p, ok, err := g.policy(storeID)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, unknownStore()
	case !open(p.set.Doors):
		return nil, errClosedDoor
	}
	return p, nil
}

// ResolveScan accepts or rejects a scan (contract: entry 5.1): a refusal is a
// response, 500 is for faults. It identifies and applies the store's policy as
// VerifyIdentityKeys does, but admits nobody. An event whose id is no UUID
// carries the code there; its requestId is then what repeats are told by.
func (g *Gate) ResolveScan(ctx context.Context, r *jwo.ResolveScanRequest) (*jwo.ResolveScanResponse, error) {
	start := time.Now()
	p, err := g.door(r.StoreID, func(d DoorSettings) bool { return d.ResolveScan })
	if err != nil {
		return nil, err
	}
	if r.ScanEvent == nil {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest}
	}
	codes, event := r.ScanEvent.Codes(), r.ScanEvent.ID
	if uuid.Validate(event) != nil || len(event) != 36 {
		event = "request/" + r.RequestID
	}
	base := Decision{
		API: jwo.APIResolveScan, Event: event, StoreID: r.StoreID, Location: clip(r.ScanEvent.Location), Entry: byCode,
		body: hash(append([]string{"scan", event, r.StoreID}, codes...)...), Policy: p.version, Strategy: p.set.Strategy, started: start,
	}
	// Without a time of the scan, it is now.
	if base.EventAt = start; r.ScanEvent.Timestamp != "" {
		if base.EventAt, err = r.ScanEvent.Timestamp.Time(); err != nil {
			return nil, &jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: "scanEvent.timestamp", Reason: "is not an ISO-8601 time"}}}
		}
	}
	q := question{key: base.API + base.body, p: p, base: base}
	q.judge = func(ctx context.Context, on grounds, d *Decision) error { return on.judgeScan(ctx, p, codes, d) }
	q.evaluate = func(ctx context.Context, fl *flight) (*Decision, error) { return g.evaluate(ctx, fl, p, base, q.judge) }
	q.after = func(ctx context.Context, known *Decision, cause error) {
		f := base
		f.Outcome, f.Status = Failed, http.StatusInternalServerError
		g.keepFailure(ctx, known, f, cause)
	}
	d, joined, err := g.inTime(ctx, q)
	if err != nil {
		if limited, ok := errors.AsType[*jwo.Refusal](err); ok {
			return nil, limited
		}
		g.m.failures.Inc(r.StoreID, base.API, failureReason(err))
		return nil, fmt.Errorf("resolve scan %s: %w", base.Event, err)
	}
	again := joined || d.replayed
	g.safely(ctx, func() { g.note(ctx, p, d, again, start) })
	switch d.Outcome {
	case Accepted:
		kind := d.VisitorType
		if kind == jwo.CashShopper {
			kind = jwo.Cash // as scan results spell it
		}
		return &jwo.ResolveScanResponse{Resolution: jwo.ScanAccept, ScanResult: &jwo.ScanResult{ID: d.Visitor, Type: kind}, Replayed: again}, nil
	case Invalid:
		return nil, changedBody("scanEvent.id")
	}
	return &jwo.ResolveScanResponse{Resolution: jwo.ScanReject, Replayed: again}, nil
}

// judgeScan takes the first reading of the scan that somebody stands for.
func (r grounds) judgeScan(ctx context.Context, p *policy, codes []string, d *Decision) error {
	clean := *d
	for i, code := range codes {
		*d = clean
		if err := r.judgeKey(ctx, p, code, d); err != nil {
			return err
		}
		if d.Reason != KeyUnknown || i == len(codes)-1 {
			break
		}
	}
	if len(codes) == 0 {
		d.decide(Refused, 0, KeyUnknown)
	}
	d.Status = http.StatusOK
	return nil
}

// GetScanDetails answers the loyalty data of an accepted scan (contract: entry
// 5.2); 404 for a visitor without an account.
func (g *Gate) GetScanDetails(ctx context.Context, r *jwo.GetScanDetailsRequest) (*jwo.GetScanDetailsResponse, error) {
	p, err := g.door(r.StoreID, func(d DoorSettings) bool { return d.ScanDetails != "" })
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.set.Identity.Deadline)
	defer cancel()
	if _, err := g.c.Shoppers.Get(ctx, g.c.DB.Reader(), r.ScanResult.ID); err != nil {
		if errors.Is(err, fault.NotFound) {
			return nil, &jwo.Refusal{Status: http.StatusNotFound}
		}
		return nil, err
	}
	resp := &jwo.GetScanDetailsResponse{Provider: p.set.Doors.ScanDetails, PromotionIDs: []string{}}
	if g.c.Promotions != nil {
		ids, err := g.c.Promotions(ctx, r.StoreID, r.ScanResult.ID)
		if err != nil {
			return nil, fmt.Errorf("promotions for a scan: %w", err)
		}
		resp.PromotionIDs = append(resp.PromotionIDs, ids...)
	}
	return resp, nil
}

// GetShopper names the bearer of a code to an associate who helps (contract:
// entry 5.3). It looks at the key alone: who is inside may be helped. A key
// that is not good is 401, a key type that is not served 400.
func (g *Gate) GetShopper(ctx context.Context, r *jwo.GetShopperRequest) (*jwo.GetShopperResponse, error) {
	p, err := g.door(r.StoreID, func(d DoorSettings) bool { return len(d.Shopper) > 0 })
	if err != nil {
		return nil, err
	}
	kind := r.ShopperKeyType
	def(&kind, qrCode)
	if !slices.Contains(p.set.Doors.Shopper, kind) {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest, Fields: []jwo.FieldError{{Field: "shopperKeyType", Reason: "is not served by this store"}}}
	}
	key, err := r.Key()
	if err != nil {
		return nil, &jwo.Refusal{Status: http.StatusBadRequest}
	}
	at := time.Now()
	if r.Timestamp != "" {
		if at, err = r.Timestamp.Time(); err != nil {
			return nil, &jwo.Refusal{Status: http.StatusBadRequest}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.set.Identity.Deadline)
	defer cancel()
	now := grounds{g: g, q: g.c.DB.Reader()}
	b, reason, err := now.identify(ctx, p, string(key), at)
	if err != nil {
		return nil, err
	}
	if reason == "" && b.kind == "" {
		a, err := now.account(ctx, b.visitor)
		switch {
		case errors.Is(err, fault.NotFound):
			reason = KeyUnknown
		case err != nil:
			return nil, err
		}
		b.kind = a.Kind
	}
	if reason != "" {
		g.m.refusals.Inc(r.StoreID, jwo.APIGetShopper, reason, b.kind)
		return nil, &jwo.Refusal{Status: http.StatusUnauthorized}
	}
	return &jwo.GetShopperResponse{VisitorDetails: &jwo.VisitorDetails{ID: b.visitor, Type: b.kind}}, nil
}
