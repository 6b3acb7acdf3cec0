package openapitest

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Handler passes requests on to next and checks each with its answer, which
// it holds back until it is complete.
func (c *Checker) Handler(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent bytes.Buffer
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &sent), r.Body}
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		c.Check(t, r.Method, r.URL.Path, rec.status, sent.Bytes(), rec.body.Bytes())
		w.WriteHeader(rec.status)
		_, _ = w.Write(rec.body.Bytes())
	})
}

type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Transport sends by base (nil: http.DefaultTransport) and checks each request
// with its answer once the body has been read to its end.
func (c *Checker) Transport(t testing.TB, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		var sent []byte
		if r.Body != nil {
			var err error
			if sent, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			_ = r.Body.Close()
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(sent))
		}
		resp, err := base.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		got := &reading{ReadCloser: resp.Body}
		got.done = func() { c.Check(t, r.Method, r.URL.Path, resp.StatusCode, sent, got.body.Bytes()) }
		resp.Body = got
		return resp, nil
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type reading struct {
	io.ReadCloser
	body bytes.Buffer
	done func()
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.body.Write(p[:n])
	if err == io.EOF && r.done != nil {
		r.done()
		r.done = nil
	}
	return n, err
}
