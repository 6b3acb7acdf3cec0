package jwo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/strollhq/stroll/jwo"
)

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct {
		cfg  jwo.ClientConfig
		want string
	}{
		"no credentials":      {jwo.ClientConfig{PaymentsURL: "https://us-east-1.x.example"}, "Credentials"},
		"no URL":              {jwo.ClientConfig{PaymentsURL: "::", Credentials: credentials}, "AdjustCharge"},
		"no scheme":           {jwo.ClientConfig{PaymentsURL: "us-east-1.x.example", Credentials: credentials}, "https"},
		"no host":             {jwo.ClientConfig{CatalogURL: "https:///v1", Credentials: credentials}, "UploadCatalog"},
		"a query":             {jwo.ClientConfig{CheckoutURL: "https://us-east-1.x.example?x=1", Credentials: credentials}, "Checkout"},
		"a password":          {jwo.ClientConfig{CheckoutURL: "https://a:b@us-east-1.x.example", Credentials: credentials}, "Checkout"},
		"no region":           {jwo.ClientConfig{PaymentsURL: "http://localhost:8080", Credentials: credentials}, "Region"},
		"an unknown override": {jwo.ClientConfig{Overrides: map[string]string{"Charge": "https://us-east-1.x.example"}, Credentials: credentials}, `"Charge"`},
		"a bad override":      {jwo.ClientConfig{Overrides: map[string]string{jwo.APIRefund: "x"}, Credentials: credentials}, "Refund"},
	} {
		if _, err := jwo.NewClient(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", title, err)
		}
	}
}

func TestClientTargets(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		seen <- r
		rec := httptest.NewRecorder()
		rec.WriteHeader(http.StatusServiceUnavailable)
		return rec.Result(), nil
	})
	client := func(change func(*jwo.ClientConfig)) *jwo.Client {
		cfg := jwo.ClientConfig{PaymentsURL: "https://eu-west-1.test.payments.amazonphysicalstores.com",
			CatalogURL: "https://us-west-2.catalog.amazonphysicalstores.com/", CheckoutURL: "https://ap-southeast-2.checkout.amazonphysicalstores.com/stage",
			Credentials: credentials, HTTP: &http.Client{Transport: transport}}
		change(&cfg)
		c, err := jwo.NewClient(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	check := func(c *jwo.Client, call call, url, region string) {
		t.Helper()
		_, err := call.do(t.Context(), c)
		if jwo.OutcomeOf(err) != jwo.Unknown {
			t.Error(err)
		}
		r := <-seen
		if r.URL.String() != url || !strings.Contains(r.Header.Get("Authorization"), "/"+region+"/execute-api/aws4_request") {
			t.Errorf("%s went to %s, %s", call.api, r.URL, r.Header.Get("Authorization"))
		}
		if r.Header.Get("X-Amz-Security-Token") != "session-token" {
			t.Errorf("%s carries no session token", call.api)
		}
	}
	c := client(func(*jwo.ClientConfig) {})
	for _, call := range calls() {
		switch {
		case strings.Contains(call.api, "Catalog"):
			check(c, call, "https://us-west-2.catalog.amazonphysicalstores.com"+call.path, "us-west-2")
		case call.api == jwo.APICheckout:
			check(c, call, "https://ap-southeast-2.checkout.amazonphysicalstores.com/stage"+call.path, "ap-southeast-2")
		default:
			check(c, call, "https://eu-west-1.test.payments.amazonphysicalstores.com"+call.path, "eu-west-1")
		}
	}
	c = client(func(cfg *jwo.ClientConfig) {
		cfg.Overrides = map[string]string{jwo.APIRefund: "https://us-gov-west-1.refunds.example", jwo.APICheckout: ""}
	})
	check(c, calls()[3], "https://us-gov-west-1.refunds.example/v1/refund", "us-gov-west-1")
	if _, err := calls()[11].do(t.Context(), c); jwo.OutcomeOf(err) != jwo.NotSent {
		t.Error(err)
	}
	c = client(func(cfg *jwo.ClientConfig) { cfg.Region = "us-east-2"; cfg.UserAgent = "shop/3" })
	check(c, calls()[0], "https://eu-west-1.test.payments.amazonphysicalstores.com/v1/adjust/charge", "us-east-2")
}

func TestIsTestHost(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://us-east-1.test.payments.amazonphysicalstores.com":                true,
		"https://us-east-1.test.payments.amazonphysicalstores.com:443/v1/adjust":  true,
		"https://US-EAST-1.TEST.checkout.amazonphysicalstores.com":                true,
		"us-east-1.test.payments.amazonphysicalstores.com":                        true,
		"https://us-east-1.payments.amazonphysicalstores.com":                     false,
		"https://us-east-1.payments.amazonphysicalstores.com/test/.test.":         false,
		"https://us-east-1.testing.payments.amazonphysicalstores.com":             false,
		"https://latest.payments.amazonphysicalstores.com":                        false,
		"https://test:test@us-east-1.payments.amazonphysicalstores.com/?x=.test.": false,
		"http://127.0.0.1:8080": false,
		"":                      false,
		"https://%zz":           false,
	} {
		if got := jwo.IsTestHost(url); got != want {
			t.Errorf("IsTestHost(%q) = %v", url, got)
		}
	}
}
