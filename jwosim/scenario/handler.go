package scenario

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/strollhq/stroll/jwosim"
)

// Handler offers the scenarios of a running simulator over HTTP, beside its
// management port:
//
//	GET  /scenarios          every scenario, and the cases that wait
//	POST /scenarios/{name}   play one, or all that a pattern such as entry.* fits; the body is a Request
//
// One request is played after the other, and while one is, the simulator plays
// no faults: a scenario says itself what goes wrong. One that moves the clock
// is played only by its own name. base is what is known of the retailer's
// system already.
func Handler(sim *jwosim.Sim, base Options) http.Handler {
	var turn sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("GET /scenarios", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, map[string]any{"scenarios": All(), "waiting": Waiting()})
	})
	mux.HandleFunc("POST /scenarios/{name}", func(w http.ResponseWriter, r *http.Request) {
		list, err := Match(r.PathValue("name"))
		if err != nil {
			respond(w, http.StatusNotFound, map[string]string{"error": err.Error()})
			return
		}
		if name := r.PathValue("name"); len(list) > 1 || !strings.EqualFold(list[0].Name, name) {
			// A pattern does not mean to move everybody's clock.
			list = slices.DeleteFunc(list, func(sc Scenario) bool { return sc.Moves })
		}
		var req Request
		opt, err := read(http.MaxBytesReader(w, r.Body, 1<<20), &req, base)
		if err != nil {
			respond(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		runner := Runner{Sim: sim, Options: opt}
		answer := Played{Results: undisturbed(sim, &turn, func() []Result { return runner.RunAll(r.Context(), list, cmp.Or(max(0, req.AtOnce), 8), nil) })}
		if err := Err(answer.Results); err != nil {
			answer.Error = err.Error()
		}
		respond(w, http.StatusOK, answer)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// undisturbed plays in its turn and without faults.
func undisturbed(sim *jwosim.Sim, turn *sync.Mutex, play func() []Result) []Result {
	turn.Lock()
	defer turn.Unlock()
	// Both are in order: the one was in force, the other is nothing.
	defer sim.SetFaults(sim.Faults())
	_ = sim.SetFaults(jwosim.NoFaults())
	return play()
}

// Played is the answer to a request to play scenarios.
type Played struct {
	Results []Result `json:"results"`
	// Error is empty when nothing differs.
	Error string `json:"error"`
}

// read decodes a request strictly; no body at all is an empty one.
func read(body io.Reader, req *Request, base Options) (Options, error) {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(req); err != nil && !errors.Is(err, io.EOF) {
		return base, fmt.Errorf("body: %w", err)
	}
	return req.Options(base)
}

func respond(w http.ResponseWriter, status int, v any) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}
