package jwo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	maxAnswer = 4 << 20  // bytes of a success that are read
	maxError  = 64 << 10 // bytes of a failure that are read
)

// reading says what a success must hold.
type reading struct {
	into  any         // nil: the body does not matter
	loose bool        // a field of a wrong type is a missing field
	empty bool        // an empty body is fine
	check func() bool // whether into is complete
}

func answer[T any](resp *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// call checks, signs and sends one request and reads its answer.
func (c *Client) call(ctx context.Context, api string, req Request, r reading) error {
	if !c.cfg.SkipValidation {
		if err := req.ValidateWith(c.cfg.Limits); err != nil {
			return &Error{API: api, Name: BadRequestException, Outcome: Refused, Err: err}
		}
	}
	body, err := json.Marshal(req)
	if err != nil {
		return &Error{API: api, Name: BadRequestException, Outcome: Refused, Err: err}
	}
	t := c.targets[api]
	if t.url == "" {
		return &Error{API: api, Outcome: NotSent, Err: errors.New("no base URL is configured")}
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	hreq, sent, err := c.prepare(ctx, t, body)
	if err != nil {
		return &Error{API: api, Outcome: NotSent, Err: err}
	}
	resp, err := c.http.Do(hreq)
	if err != nil {
		e := &Error{API: api, Outcome: Unknown, Err: plainError(err)}
		if sent.nothing() {
			e.Outcome = NotSent
		}
		return e
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxError))
		return failure(api, resp.StatusCode, resp.Header, text, time.Now())
	}
	if err := r.read(resp.Body); err != nil {
		return &Error{API: api, Status: resp.StatusCode, Outcome: Unknown, Err: err}
	}
	return nil
}

// prepare builds and signs the request. sent watches whether a connection was
// ever there to write to.
func (c *Client) prepare(ctx context.Context, t target, body []byte) (*http.Request, *sending, error) {
	sent := &sending{}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, sent.trace()), http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	if c.cfg.UserAgent != "" {
		req.Header.Set("User-Agent", c.cfg.UserAgent+" "+userAgent)
	}
	creds, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, errors.Join(errors.New("no credentials"), err)
	}
	sum := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, creds, req, hex.EncodeToString(sum[:]), service, t.region, time.Now()); err != nil {
		return nil, nil, err
	}
	return req, sent, ctx.Err()
}

// sending tells a failure before the first byte from one after it. net/http
// looks for another connection only when it has written nothing to the last,
// so what counts is whether the last search ended with a connection. A
// transport that does not trace leaves the answer open, which is "perhaps".
type sending struct{ searching, connected atomic.Bool }

func (s *sending) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.searching.Store(true); s.connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}
}

func (s *sending) nothing() bool { return s.searching.Load() && !s.connected.Load() }

// plainError drops the URL that net/http puts before the cause: the caller
// knows the call.
func plainError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (r reading) read(body io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case r.into == nil:
		return nil
	case err != nil:
		return err
	case len(data) > maxAnswer:
		return errors.New("the answer is too large")
	case r.empty && nothingIn(data):
		return nil
	}
	d := decoder{data: data, loose: r.loose}
	var faulty FieldErrors
	if err := d.document(r.into); errors.As(err, &faulty) {
		if !r.loose || faulty[0].Field == BodyField {
			return err
		}
	}
	if r.check != nil && !r.check() {
		return ErrIncomplete
	}
	return nil
}

func nothingIn(data []byte) bool {
	data = bytes.TrimSpace(data)
	return len(data) == 0 || string(data) == "null"
}
