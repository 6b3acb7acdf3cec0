package demo_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/internal/load"
	"github.com/strollhq/stroll/internal/testkit"
)

// opened is a world that runs in virtual time, with a client of its network.
type opened struct {
	*demo.World
	ctx    context.Context
	client *http.Client
}

// inWorld runs f beside a world without faults, in virtual time.
func inWorld(t *testing.T, edit func(*demo.Config, *http.Client), f func(*testing.T, opened)) {
	t.Parallel()
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		network := testkit.NewNet()
		defer network.Close()
		cfg := demo.Config{
			Database: dsn, Seed: 1, HTTP: network.Client(),
			Listen: func(addr string) (net.Listener, error) { return network.Listen(addr), nil },
			Edit: func(c *app.Config) {
				c.Listen = app.Listen{Connector: "127.0.0.1:0", Portal: "127.0.0.1:0", Admin: "127.0.0.1:0"}
				c.PublicURL = ""
				c.Jobs.Poll = 10 * time.Minute
			},
		}
		if edit != nil {
			edit(&cfg, network.Client())
		}
		w, err := demo.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- w.Run(ctx) }()
		defer func() {
			stop()
			if err := <-served; err != nil {
				t.Errorf("run: %v", err)
			}
			if err := w.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}()
		f(t, opened{w, ctx, network.Client()})
	})
}

// shop lets shoppers through until nothing is left to do for either side.
func (o opened) shop(t *testing.T, trips int) load.Tally {
	t.Helper()
	tally, err := o.Shop(o.ctx, trips, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Staff look at bad carts within the hour, long before any clock ends.
	if err := o.Rest(o.ctx, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Tidy(o.ctx); err != nil {
		t.Fatal(err)
	}
	rest(t, o.ctx, o.World)
	for _, f := range tally.Failures {
		t.Error(f)
	}
	return tally
}
