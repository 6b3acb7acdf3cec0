package demo_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/strollhq/stroll/internal/app"
	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/openapi"
	"github.com/strollhq/stroll/openapi/openapitest"
)

// seen counts exchanges whose answer was read to its end, which is when a
// checker's transport checks them.
type seen struct {
	mu     sync.Mutex
	counts map[string]int // "AdjustCharge 200"
}

// through is a transport that checks all that passes against documents.
func (s *seen) through(t testing.TB, base http.RoundTripper, documents ...string) http.RoundTripper {
	checker := openapitest.New(t, documents...)
	names := map[string]string{}
	for name, path := range checker.Operations() {
		names[path] = name
	}
	checked := checker.Transport(t, base)
	return transport(func(r *http.Request) (*http.Response, error) {
		resp, err := checked.RoundTrip(r)
		if err == nil {
			resp.Body = &ending{resp.Body, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.counts[fmt.Sprint(names[r.URL.Path], " ", resp.StatusCode)]++
			}}
		}
		return resp, err
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ending tells when a body was read to its end.
type ending struct {
	io.ReadCloser
	end func()
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if err == io.EOF && e.end != nil {
		e.end()
		e.end = nil
	}
	return n, err
}

// TestAllTrafficFitsTheContract holds every request and answer of the whole
// program, in both directions, against the OpenAPI documents.
func TestAllTrafficFitsTheContract(t *testing.T) {
	s := &seen{counts: map[string]int{}}
	inWorld(t, func(c *demo.Config, client *http.Client) {
		base := client.Transport
		c.Seed = 2 // whose sixty shoppers are of every kind, as is checked below
		c.HTTP = &http.Client{Transport: s.through(t, base, openapitest.Outbound()...)}
		c.Sim = func(sim *jwosim.Config) {
			sim.Connector = &http.Client{Transport: s.through(t, base, openapi.Connectors)}
		}
		edit := c.Edit
		c.Edit = func(a *app.Config) {
			edit(a)
			a.Stores[0].Gate.Strategy = "amazon_recommendation" // outcomes are reported
		}
	}, func(t *testing.T, o opened) {
		o.shop(t, 60)
		kinds := o.kinds(t)
		for _, want := range []string{
			"SHOPPER by FINANCIAL", "SHOPPER by SCAN_CODE", "ASSOCIATE by SCAN_CODE", "CASH_SHOPPER by SCAN_CODE",
			"empty", "group", "by weight", "by barcode", "unknown item",
		} {
			if kinds[want] == 0 {
				t.Errorf("no cart of the kind %q came, of %v", want, kinds)
			}
		}
	})
	for _, want := range []string{
		"VerifyIdentityKeys 200", "GetShopperAuthorization 200", "CreatePurchases 201",
		"AdjustCharge 200", "CaptureCharge 200", "CancelCharge 200", "GetTransactionalData 200", "ReportPaymentStatus 200",
	} {
		if s.counts[want] == 0 {
			t.Errorf("nothing recorded for %s", want)
		}
	}
	t.Log(s.counts)
}

// kinds counts the carts that came by what is special about them.
func (o opened) kinds(t *testing.T) map[string]int {
	t.Helper()
	list, err := o.App.Carts.List(o.ctx, cart.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, listed := range list {
		p, err := o.App.Carts.Get(o.ctx, o.App.DB.Reader(), listed.TripID)
		if err != nil {
			t.Fatal(err)
		}
		kinds[p.Kind+" by "+p.Entry]++
		if p.GroupSize > 1 {
			kinds["group"]++
		}
		if len(p.Lines) == 0 {
			kinds["empty"]++
		}
		for _, l := range p.Lines {
			if l.Type == jwo.ItemScanCode {
				kinds["by barcode"]++
			}
			if l.Unit != "" && l.Unit != "each" {
				kinds["by weight"]++
			}
			if l.Dropped || l.SKU != l.ID && l.Type == jwo.ItemSKU {
				kinds["unknown item"]++
			}
		}
	}
	return kinds
}
