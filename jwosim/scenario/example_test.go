package scenario_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/jwosim/scenario"
)

// A connector that knows nobody is tried with two scenarios: one it passes, and
// one that finds what it does wrong.
func Example() {
	connector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer connector.Close()
	sim, err := jwosim.New(jwosim.Config{Stores: []jwosim.Store{{ID: "store-1", ConnectorURL: connector.URL}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	list, err := scenario.Match("entry.unknown-code", "entry.bad-location")
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := scenario.Runner{Sim: sim}
	for _, sc := range list {
		fmt.Println(runner.Run(context.Background(), sc))
	}
	// Output:
	// entry.unknown-code: ok
	// entry.bad-location: differs: the broken request is refused: want 400, got 401
}
