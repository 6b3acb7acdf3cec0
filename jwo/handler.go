package jwo

import (
	"cmp"
	"context"
	"net/http"
	"time"
)

// The interfaces a connector is made of. Each method answers a request that
// has passed validation and whose caller is trusted; it must answer before
// ctx ends, and may refuse with a *Refusal. Requests arrive concurrently, and
// Amazon repeats them: one event must have one effect and one answer.
type (
	// IdentityVerifier decides on the bearer of a scanned key. A policy
	// refusal is a *Refusal with status 401, never a 5xx.
	IdentityVerifier interface {
		VerifyIdentityKeys(context.Context, *VerifyIdentityKeysRequest) (*VerifyIdentityKeysResponse, error)
	}
	// ShopperAuthorizer decides on a card shopper. A denial is a response.
	ShopperAuthorizer interface {
		GetShopperAuthorization(context.Context, *ShopperAuthorizationRequest) (*ShopperAuthorizationResponse, error)
	}
	// Purchaser takes a cart. It returns when the cart is durable.
	Purchaser interface {
		CreatePurchases(context.Context, *CreatePurchasesRequest) (*CreatePurchasesResponse, error)
	}
	// ScanResolver accepts or rejects a scan; both are responses.
	ScanResolver interface {
		ResolveScan(context.Context, *ResolveScanRequest) (*ResolveScanResponse, error)
	}
	// ScanDetailer gives the loyalty data of a scan; an unknown one is a
	// *Refusal with status 404.
	ScanDetailer interface {
		GetScanDetails(context.Context, *GetScanDetailsRequest) (*GetScanDetailsResponse, error)
	}
	// ShopperFinder identifies a shopper for an associate.
	ShopperFinder interface {
		GetShopper(context.Context, *GetShopperRequest) (*GetShopperResponse, error)
	}
)

// HandlerConfig configures a connector handler. The zero value works.
type HandlerConfig struct {
	// MaxBody is the largest request body in bytes; a larger one is answered
	// 413. Default 1 MiB.
	MaxBody int64
	// Limits are what requests are checked against.
	Limits Limits
	// SuccessStatus of an accepted cart; the other calls are always answered
	// 200. Default 201.
	SuccessStatus int
	// OmitEmptyArrays leaves authorizationConditions and shopperRisks out of a
	// Shopper Authorization answer when they are empty. Default: sent as [].
	OmitEmptyArrays bool
	// Observe, when set, is told of every request after it was answered.
	Observe func(Exchange)
}

// Exchange is one answered request, without its content. Identifiers that
// were missing or faulty are empty.
type Exchange struct {
	API       string
	StoreID   string
	TripID    string
	RequestID string
	Status    int
	Fields    []string // the faulty fields of a refused request
	Took      time.Duration
	Replayed  bool  // answered from a record
	Err       error // what a 5xx hid from the caller; nil otherwise
}

// IdentityHandler serves VerifyIdentityKeys.
func IdentityHandler(v IdentityVerifier, cfg HandlerConfig) http.Handler {
	return handler[VerifyIdentityKeysRequest](APIVerifyIdentityKeys, cfg,
		func(ctx context.Context, r *VerifyIdentityKeysRequest) (success, error) {
			resp, err := v.VerifyIdentityKeys(ctx, r)
			if err = checked(resp, err); err != nil {
				return success{}, err
			}
			return success{body: resp, replayed: resp.Replayed}, nil
		})
}

// AuthorizationHandler serves GetShopperAuthorization.
func AuthorizationHandler(a ShopperAuthorizer, cfg HandlerConfig) http.Handler {
	return handler[ShopperAuthorizationRequest](APIGetShopperAuthorization, cfg,
		func(ctx context.Context, r *ShopperAuthorizationRequest) (success, error) {
			resp, err := a.GetShopperAuthorization(ctx, r)
			if err = checked(resp, err); err != nil {
				return success{}, err
			}
			return success{body: encodeAuthorization(resp, cfg.OmitEmptyArrays), replayed: resp.Replayed}, nil
		})
}

// PurchasesHandler serves CreatePurchases.
func PurchasesHandler(p Purchaser, cfg HandlerConfig) http.Handler {
	return handler[CreatePurchasesRequest](APICreatePurchases, cfg,
		func(ctx context.Context, r *CreatePurchasesRequest) (success, error) {
			resp, err := p.CreatePurchases(ctx, r)
			if err = checked(resp, err); err != nil {
				return success{}, err
			}
			status := cmp.Or(resp.Status, cfg.SuccessStatus, http.StatusCreated)
			return success{body: resp, replayed: resp.Replayed, status: status}, nil
		})
}

// ScanHandler serves ResolveScan.
func ScanHandler(s ScanResolver, cfg HandlerConfig) http.Handler {
	return handler[ResolveScanRequest](APIResolveScan, cfg,
		func(ctx context.Context, r *ResolveScanRequest) (success, error) {
			resp, err := s.ResolveScan(ctx, r)
			if err = checked(resp, err); err != nil {
				return success{}, err
			}
			return success{body: resp, replayed: resp.Replayed}, nil
		})
}

// ScanDetailsHandler serves GetScanDetails.
func ScanDetailsHandler(s ScanDetailer, cfg HandlerConfig) http.Handler {
	return handler[GetScanDetailsRequest](APIGetScanDetails, cfg,
		func(ctx context.Context, r *GetScanDetailsRequest) (success, error) {
			resp, err := s.GetScanDetails(ctx, r)
			if err = checked(resp, err); err != nil {
				return success{}, err
			}
			full := *resp
			if full.PromotionIDs == nil {
				full.PromotionIDs = []string{}
			}
			return success{body: full}, nil
		})
}

// ShopperHandler serves GetShopper.
func ShopperHandler(s ShopperFinder, cfg HandlerConfig) http.Handler {
	return handler[GetShopperRequest](APIGetShopper, cfg,
		func(ctx context.Context, r *GetShopperRequest) (success, error) {
			resp, err := s.GetShopper(ctx, r)
			return success{body: resp}, checked(resp, err)
		})
}
