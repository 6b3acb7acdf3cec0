package cli_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// relay is an address that stays while the process behind it comes and goes:
// where both sides find each other before either has started.
type relay struct {
	*httptest.Server
	to   atomic.Pointer[[]*url.URL] // taken in turns
	turn atomic.Uint64
	// answered sees each answer before it is passed on; set before use.
	answered func(*http.Response) error
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	r := &relay{}
	proxy := &httputil.ReverseProxy{
		// The host stays what the caller signed.
		Rewrite: func(p *httputil.ProxyRequest) {
			to := *r.to.Load()
			p.SetURL(to[r.turn.Add(1)%uint64(len(to))])
			p.Out.Host = p.In.Host
		},
		ModifyResponse: func(resp *http.Response) error {
			if r.answered == nil {
				return nil
			}
			return r.answered(resp)
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.to.Load() == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

// point makes the processes at these addresses the ones behind the relay.
func (r *relay) point(t *testing.T, addresses ...string) {
	t.Helper()
	var to []*url.URL
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		to = append(to, u)
	}
	r.to.Store(&to)
}
