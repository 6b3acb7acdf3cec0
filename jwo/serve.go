package jwo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"
)

// success is what a handler answers with when there is no error.
type success struct {
	body     any
	replayed bool
	status   int // 0 = 200
}

var errBadAnswer = errors.New("the implementation answered nothing, or what the contract forbids")

// checked is err, or an error of its own, which becomes a 500, when the answer
// is missing or breaks the contract.
func checked[T any, P interface {
	*T
	Validate() error
}](resp P, err error) error {
	switch {
	case err != nil:
		return err
	case resp == nil:
		return errBadAnswer
	}
	if err := resp.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errBadAnswer, err)
	}
	return nil
}

const defaultMaxBody = 1 << 20

// handler serves one operation: method, size, decode, validate, call, encode.
func handler[T any, P interface {
	*T
	Request
}](api string, cfg HandlerConfig, call func(context.Context, *T) (success, error)) http.Handler {
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		x := Exchange{API: api}
		fail := func(err error) {
			refusal, cause := refusalOf(err)
			x.Status, x.Replayed, x.Err = refusal.Status, refusal.Replayed, cause
			x.Fields = FieldErrors(refusal.Fields).Fields()
			WriteRefusal(w, x.RequestID, refusal)
		}
		if cfg.Observe != nil {
			defer func() { x.Took = time.Since(start); cfg.Observe(x) }()
		}
		var done success
		err := guarded(func() (err error) {
			var req P = new(T)
			if err = receive(w, r, cfg, req, &x); err == nil {
				done, err = call(r.Context(), req)
			}
			return err
		})
		var data []byte
		if err == nil {
			data, err = json.Marshal(done.body)
		}
		if err != nil {
			fail(err)
			return
		}
		x.Status, x.Replayed = cmp.Or(done.status, http.StatusOK), done.replayed
		if x.Replayed {
			w.Header().Set(replayHeader, "true")
		}
		write(w, x.Status, data)
	})
}

// guarded turns a panic into an error, so that one request cannot take the
// connection of another with it.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked{p, debug.Stack()}
		}
	}()
	return f()
}

type panicked struct {
	value any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// receive reads and checks the request and notes who and what it is about.
func receive(w http.ResponseWriter, r *http.Request, cfg HandlerConfig, req Request, x *Exchange) error {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return &Refusal{Status: http.StatusMethodNotAllowed}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, cfg.MaxBody))
	if err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return &Refusal{Status: http.StatusRequestEntityTooLarge}
		}
		return &Refusal{Status: http.StatusBadRequest, Fields: body("could not be read")}
	}
	err = DecodeRequest(data, req, cfg.Limits)
	identify(req, x)
	var faulty FieldErrors
	if errors.As(err, &faulty) {
		return &Refusal{Status: http.StatusBadRequest, Fields: faulty}
	}
	return err
}

// identify takes the identifiers that are fit to be logged and echoed.
func identify(req Request, x *Exchange) {
	store, trip, request := "", "", ""
	switch r := req.(type) {
	case *VerifyIdentityKeysRequest:
		store, request = r.StoreID, r.RequestID
	case *ShopperAuthorizationRequest:
		store = r.StoreID
		if r.ShopperInteraction != nil {
			trip = r.ShopperInteraction.ShoppingTripID
		}
	case *CreatePurchasesRequest:
		store, trip, request = r.StoreID, r.IdempotentShoppingTripID, r.RequestID
	case *ResolveScanRequest:
		store, request = r.StoreID, r.RequestID
	case *GetScanDetailsRequest:
		store = r.StoreID
	case *GetShopperRequest:
		store, request = r.StoreID, r.RequestID
	}
	if isUUID(request) {
		x.RequestID = request
	}
	if outStoreID(store) == "" {
		x.StoreID = store
	}
	if tripID(trip) == "" {
		x.TripID = trip
	}
}
