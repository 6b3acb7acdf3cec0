package jwo_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func TestHandlerRefusals(t *testing.T) {
	t.Parallel()
	secret := "visitor owes 12.00"
	for _, c := range []struct {
		title   string
		err     error
		status  int
		code    string
		message string
		retry   string
		hidden  bool
	}{
		{"4 rate limiting", &jwo.Refusal{Status: 429, RetryAfter: 1500 * time.Millisecond}, 429, "TooManyRequests", "Too many requests.", "2", false},
		{"a policy refusal", &jwo.Refusal{Status: 401}, 401, "NotAuthorized", "The shopper is not authorized.", "", false},
		{"a replayed refusal", &jwo.Refusal{Status: 401, Replayed: true}, 401, "NotAuthorized", "The shopper is not authorized.", "", false},
		{"own words", &jwo.Refusal{Status: 400, Code: "UnknownStore", Message: "No such store.", Fields: []jwo.FieldError{{"storeId", "is not a store we serve"}}},
			400, "UnknownStore", "No such store.", "", false},
		{"a wrapped refusal", errors.Join(errors.New(secret), &jwo.Refusal{Status: 404}), 404, "NotFound", "There is nothing here.", "", false},
		{"unavailable", &jwo.Refusal{Status: 503}, 503, "Unavailable", "The service is not available.", "", true},
		{"5 internal server error", errors.New(secret), 500, "InternalError", "Something went wrong here.", "", true},
		{"a status that is none", &jwo.Refusal{Status: 200, Message: secret}, 500, "InternalError", "Something went wrong here.", "", true},
		{"an unusual status", &jwo.Refusal{Status: 418}, 418, "InvalidRequest", "The request is not valid.", "", false},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			s.answer = func(any) (any, error) { return nil, c.err }
			r, x := s.send(t, http.MethodPost, jwo.PathVerifyIdentityKeys, identityBody)
			if r.status != c.status || r.problem.Code != c.code || r.problem.Message != c.message || r.header.Get("Retry-After") != c.retry {
				t.Errorf("answered %d %s %v", r.status, r.body, r.header)
			}
			if r.problem.RequestID == nil || *r.problem.RequestID != requestA || r.problem.Errors == nil {
				t.Errorf("answered %s", r.body)
			}
			if strings.Contains(r.body, secret) {
				t.Errorf("the answer tells %q", secret)
			}
			if (x.Err != nil) != c.hidden {
				t.Errorf("observed %v", x.Err)
			}
			var refusal *jwo.Refusal
			if errors.As(c.err, &refusal) && (x.Replayed != refusal.Replayed || (r.header.Get("Idempotency-Hit") == "true") != refusal.Replayed) {
				t.Errorf("replay mark: %v %v", x.Replayed, r.header)
			}
		})
	}
}

func TestHandlerPanicsAndEmptyAnswers(t *testing.T) {
	t.Parallel()
	for title, answer := range map[string]func(any) (any, error){
		"panic":            func(any) (any, error) { panic("the disk is on fire") },
		"panic with error": func(any) (any, error) { panic(io.ErrUnexpectedEOF) },
		"abort":            func(any) (any, error) { panic(http.ErrAbortHandler) },
		"nothing":          func(any) (any, error) { return nil, nil },
		"blank visitor": func(any) (any, error) {
			return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: " ", Type: jwo.Shopper}}, nil
		},
		"no visitor": func(any) (any, error) { return &jwo.VerifyIdentityKeysResponse{}, nil },
		"visitor too long": func(any) (any, error) {
			return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: long(256), Type: jwo.Shopper}}, nil
		},
		"visitor of a kind": func(any) (any, error) {
			return &jwo.VerifyIdentityKeysResponse{VisitorDetails: &jwo.VisitorDetails{ID: "v", Type: "GHOST"}}, nil
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			s.answer = answer
			r, x := s.send(t, http.MethodPost, jwo.PathVerifyIdentityKeys, identityBody)
			if r.status != 500 || r.problem.Message != "Something went wrong here." || x.Err == nil || strings.Contains(r.body, "fire") {
				t.Errorf("answered %d %s, observed %v", r.status, r.body, x.Err)
			}
			s.answer = nil
			if r := s.post(t, jwo.PathVerifyIdentityKeys, identityBody); r.status != 200 {
				t.Errorf("the next request was answered %d", r.status)
			}
		})
	}
}

func TestHandlerMethodsRoutesAndSizes(t *testing.T) {
	t.Parallel()
	s := newSite(t, jwo.HandlerConfig{MaxBody: 2000})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		r, _ := s.send(t, method, jwo.PathCreatePurchases, purchasesBody)
		if r.status != 405 || r.header.Get("Allow") != "POST" || r.problem.Code != "MethodNotAllowed" || r.problem.RequestID != nil {
			t.Errorf("%s was answered %d %s", method, r.status, r.body)
		}
	}
	for _, path := range []string{"/v1/order/product", "/v1/order/cancel/charges", "/"} {
		if r := s.post(t, path, purchasesBody); r.status != 404 || r.problem.Code != "NotFound" {
			t.Errorf("%s was answered %d %s", path, r.status, r.body)
		}
	}
	padded := purchasesBody + strings.Repeat(" ", 2000-len(purchasesBody))
	if r := s.post(t, jwo.PathCreatePurchases, padded); r.status != 201 {
		t.Errorf("a body at the limit was answered %d %s", r.status, r.body)
	}
	if r := s.post(t, jwo.PathCreatePurchases, padded+" "); r.status != 413 || r.problem.Code != "TooLarge" {
		t.Errorf("a body over the limit was answered %d %s", r.status, r.body)
	}
	if n := len(s.calls()); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if r := s.post(t, jwo.PathCreatePurchases, edited(t, purchasesBody, edit{"requestId", "<script>"}, edit{"storeId", nil})); r.problem.RequestID != nil {
		t.Errorf("a requestId that is none was echoed: %s", r.body)
	}
}

func TestHandlerCutBody(t *testing.T) {
	t.Parallel()
	s := newSite(t, jwo.HandlerConfig{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "POST "+jwo.PathCreatePurchases+" HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"+purchasesBody)
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()
	if x := <-s.seen; x.Status != 400 || !cmp.Equal(x.Fields, []string{jwo.BodyField}) || len(s.calls()) != 0 {
		t.Errorf("observed %+v", x)
	}
}

func TestHandlerServesManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, jwo.HandlerConfig{})
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			body, want := purchasesBody, 201
			if i%2 == 1 {
				body, want = edited(t, purchasesBody, edit{"storeId", nil}), 400
			}
			if r, err := http.Post(s.url+jwo.PathCreatePurchases, "application/json", strings.NewReader(body)); err != nil || r.StatusCode != want {
				t.Errorf("%v, %v", r, err)
			} else {
				_ = r.Body.Close()
			}
		})
	}
	group.Wait()
	if n := len(s.calls()); n != 32 {
		t.Errorf("asked %d times", n)
	}
}
