package jwosim

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// action is one door of the management port: it returns what is written as
// JSON, or an error.
type action func(s *Sim, r *http.Request) (any, error)

type door struct {
	Method, Path, Explain, Body string
	do                          action
}

// doors are all of them, in the order of the index page.
var doors = []door{
	{"GET", "/books", "the simulator's own books: every trip's money, totals, refusals, findings", "", func(s *Sim, _ *http.Request) (any, error) { return s.Books(), nil }},
	{"GET", "/history", "every request and answer kept; ?trip= ?api= ?store= ?direction=to_amazon|from_amazon ?status= ?fault= ?after= ?limit=", "", (*Sim).manageHistory},
	{"GET", "/history/count", "how many fit the same questions; with &is=N the answer is 409 unless there are N", "", (*Sim).manageCount},
	{"GET", "/verify", "409 unless no cent was made or lost and nothing was found", "", (*Sim).manageVerify},
	{"GET", "/strict", "what the strict mode refuses, and whether it is on", "", (*Sim).manageStrict},
	{"GET", "/trips", "every trip, refused entries too", "", func(s *Sim, _ *http.Request) (any, error) { return s.Trips(), nil }},
	{"GET", "/trip/{id}", "one trip with its cart", "", (*Sim).manageTrip},
	{"GET", "/findings", "what a well-behaved system never does, as met", "", func(s *Sim, _ *http.Request) (any, error) { return s.Findings(), nil }},
	{"GET", "/stores", "the stores", "", func(s *Sim, _ *http.Request) (any, error) { return s.storesBare(), nil }},
	{"GET", "/cards", "the cards and what became of their money", "", func(s *Sim, _ *http.Request) (any, error) { return s.Cards(), nil }},
	{"GET", "/cards/magic", "cards that force an outcome; NAME or NAME#anything at any gate", "", func(*Sim, *http.Request) (any, error) { return MagicCards(), nil }},
	{"GET", "/shoppers/magic", "shopper ids that force an answer of Get Shopper Identity; NAME or NAME-anything", "", func(*Sim, *http.Request) (any, error) { return MagicShoppers(), nil }},
	{"GET", "/keys", "the keys Amazon's API takes, and which of them were taken back", "", (*Sim).manageKeys},
	{"GET", "/force", "forced outcomes waiting to be used", "", func(s *Sim, _ *http.Request) (any, error) { return s.Forced(), nil }},
	{"GET", "/faults", "the faults in force and the seed", "", (*Sim).manageFaults},
	{"GET", "/faults/fields", "every fault there is, with its unit and presets", "", func(*Sim, *http.Request) (any, error) { return FaultFields(), nil }},
	{"GET", "/clock", "the simulator's time, and how far it was moved", "", (*Sim).manageClock},

	{"POST", "/gate/code", "show a code at the gate", `{"storeId": "store-1", "code": "TEXT"}`, (*Sim).manageEnter},
	{"POST", "/gate/card", "tap a card at the gate", `{"storeId": "store-1", "card": "approve"}`, (*Sim).manageEnter},
	{"POST", "/trip/{id}/take", "take from the shelf", `{"id": "SKU-1", "quantity": "2", "unit": "each"}`, manageCart(false)},
	{"POST", "/trip/{id}/putback", "put back", `{"id": "SKU-1"}`, manageCart(true)},
	{"POST", "/trip/{id}/join", "another person passes with the payer's code or card", `{"code": "TEXT"}`, (*Sim).manageJoin},
	{"POST", "/trip/{id}/out", "walk out and deliver the cart; ?wait=false answers at once", "", (*Sim).manageOut},
	{"POST", "/trip/{id}/redeliver", "deliver the cart again", "", (*Sim).manageRedeliver},
	{"POST", "/cards", "add or change a card", `{"id": "mine", "brand": "VISA", "last4": "4242", "balance": {"minor": 5000, "currency": "USD"}, "like": "partial_50"}`, (*Sim).manageAddCard},
	{"POST", "/visitors", "register a card for a visitor's app entries", `{"visitor": "v-1", "card": "decline_adjust#1"}`, (*Sim).manageVisitor},
	{"POST", "/emails", "register an e-mail at the receipt kiosk", `{"shopper": "instrument-1", "email": "a@example.com"}`, (*Sim).manageEmail},
	{"POST", "/force", "force the next answer of an operation", `{"api": "AdjustCharge", "outcome": "declined", "times": 1, "trip": "", "retryAfter": "2s"}`, (*Sim).manageForce},
	{"POST", "/clock", "move the clock forward: holds expire, late carts and pauses end", `{"advance": "46h"}`, (*Sim).manageAdvance},
	{"PUT", "/keys", "take a key back, or accept it again: calls signed with it are refused with 403", `{"id": "AKID", "accepted": false}`, (*Sim).manageAcceptKey},
	{"PUT", "/strict", "switch the strict mode", `{"strict": true}`, (*Sim).manageSetStrict},
	{"PUT", "/faults", "replace the faults, in short form or as an object of fields", `{"faults": "default,500=0.1"}`, (*Sim).manageSetFaults},
}

// Door is one request of the management port.
type Door struct{ Method, Path, Explain, Body string }

// Doors lists what the management port offers, beside its pages.
func Doors() []Door {
	out := []Door{}
	for _, d := range append(doors[:len(doors):len(doors)], shopDoors...) {
		out = append(out, Door{d.Method, d.Path, d.Explain, d.Body})
	}
	return out
}

//go:embed index.html
var indexHTML string

var indexPage = template.Must(template.New("index").Parse(indexHTML))

// Management drives the simulator over HTTP; GET / lists what it offers.
// Answers are JSON, lists that are empty are [], durations are nanoseconds.
// There is no log-in: serve it on a loopback address. Requests from other
// sites' pages are refused.
func (s *Sim) Management() http.Handler {
	mux := http.NewServeMux()
	s.mountShop(mux)
	for _, d := range append(doors[:len(doors):len(doors)], shopDoors...) {
		mux.HandleFunc(d.Method+" "+d.Path, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			v, err := d.do(s, r)
			respond(w, v, err)
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		page := struct {
			Seed          uint64
			Faults, Ahead string
			Strict        bool
			Stores        []Store
			Doors         []Door
		}{s.Seed(), s.Faults().String(), s.Ahead().String(), s.Strict(), s.storesBare(), Doors()}
		if err := indexPage.Execute(w, page); err != nil {
			s.cfg.Log.Error("index page", "error", err)
		}
	})
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(notAmazon, notAmazonIs)
		guarded.ServeHTTP(w, r)
	})
}

// missing is an error that reads 404.
type missing string

func (m missing) Error() string { return string(m) }

func respond(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
		answer := map[string]any{"error": err.Error()}
		var refused *Refused
		var none missing
		var failed *unmet
		switch {
		case errors.As(err, &refused):
			status, answer["refused"] = http.StatusConflict, refused
		case errors.As(err, &none):
			status = http.StatusNotFound
		case errors.As(err, &failed):
			status, answer = http.StatusConflict, failed.answer
		}
		v = answer
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// read decodes a request's JSON strictly; no body at all reads as {}.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("body: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("body: something follows the object")
	}
	return nil
}

func number(q url.Values, name string) (int64, error) {
	if q.Get(name) == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s=%.20s is no number", name, q.Get(name))
	}
	return n, nil
}

var filterNames = []string{"trip", "api", "store", "direction", "status", "fault", "after", "limit", "is"}

func filterOf(r *http.Request) (Filter, error) {
	q := r.URL.Query()
	f := Filter{TripID: q.Get("trip"), API: q.Get("api"), StoreID: q.Get("store"), Direction: q.Get("direction"), Fault: q.Get("fault")}
	for name := range q {
		if !slices.Contains(filterNames, name) {
			return Filter{}, fmt.Errorf("%.40s is not one of %q", name, filterNames)
		}
	}
	if !slices.Contains([]string{"", ToAmazon, FromAmazon}, f.Direction) {
		return Filter{}, fmt.Errorf("direction=%.40s is not %s or %s", f.Direction, ToAmazon, FromAmazon)
	}
	status, err1 := number(q, "status")
	after, err2 := number(q, "after")
	limit, err3 := number(q, "limit")
	if err := errors.Join(err1, err2, err3); err != nil {
		return Filter{}, err
	}
	f.Status, f.After, f.Limit = int(status), after, int(limit)
	return f, nil
}
