package jwo_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/strollhq/stroll/jwo"
)

// signing is what the AWS SDK signs a request with.
type signing struct {
	method, url, body, key, secret, session, service, region string
	at                                                       time.Time
	header                                                   http.Header
}

func plainSigning() signing {
	return signing{method: http.MethodPost, url: "https://us-east-1.test.payments.amazonphysicalstores.com/v1/adjust/charge", body: `{"storeId":"s"}`,
		key: accessKey, secret: secretKey, service: "execute-api", region: "us-east-1", at: time.Now(), header: http.Header{"Content-Type": {"application/json"}}}
}

// request is the signed request as a server reads it from the wire.
func (s signing) request(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	r, err := http.NewRequest(s.method, s.url, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.header {
		r.Header[k] = v
	}
	sum := sha256.Sum256([]byte(s.body))
	err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret, SessionToken: s.session}, r,
		hex.EncodeToString(sum[:]), s.service, s.region, s.at)
	if err != nil {
		t.Fatal(err)
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	return parse(wire.Bytes())
}

func verifier() *jwo.Verifier {
	return jwo.NewVerifier(jwo.VerifierConfig{Regions: []string{"us-east-1", "eu-west-1"},
		Keys: func(id string) (string, bool) { return secretKey, id == accessKey }})
}

func TestVerifierAcceptsTheAWSSigner(t *testing.T) {
	t.Parallel()
	for title, change := range map[string]func(*signing){
		"plain":          func(*signing) {},
		"session token":  func(s *signing) { s.session = "a+/=token" },
		"other region":   func(s *signing) { s.region = "eu-west-1" },
		"no body":        func(s *signing) { s.body = "" },
		"another method": func(s *signing) { s.method = http.MethodPut },
		"root":           func(s *signing) { s.url = "https://h.example" },
		"a port":         func(s *signing) { s.url = "http://127.0.0.1:8080/v1/x" },
		"a default port": func(s *signing) { s.url = "https://h.example:443/v1/x" },
		"query":          func(s *signing) { s.url += "?b=2&a=1&a=0&c=&d=x%20y%2Fz&e=%C3%A9" },
		"odd path":       func(s *signing) { s.url = "https://h.example/a%20b/%C3%A9/c%2Fd/~e;f=1,2/" },
		"slashes":        func(s *signing) { s.url = "https://h.example//a//b/" },
		"headers": func(s *signing) {
			s.header = http.Header{"X-Amz-Meta": {"  a   b  ", "c"}, "X-Other": {"z"}, "Content-Type": {"text/plain; x=1"}}
		},
		"a stated hash": func(s *signing) {
			sum := sha256.Sum256([]byte(s.body))
			s.header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		},
		"four minutes ago":  func(s *signing) { s.at = s.at.Add(-4 * time.Minute) },
		"four minutes late": func(s *signing) { s.at = s.at.Add(4 * time.Minute) },
	} {
		s := plainSigning()
		change(&s)
		r, body := s.request(t)
		if err := verifier().Verify(r, body); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
}

func TestVerifierRefuses(t *testing.T) {
	t.Parallel()
	for title, c := range map[string]struct {
		sign func(*signing)
		turn func(*http.Request)
		body string
	}{
		"an unknown key":        {sign: func(s *signing) { s.key = "AKIAOTHER" }},
		"a wrong secret":        {sign: func(s *signing) { s.secret += "x" }},
		"another service":       {sign: func(s *signing) { s.service = "s3" }},
		"another region":        {sign: func(s *signing) { s.region = "us-west-2" }},
		"too old":               {sign: func(s *signing) { s.at = s.at.Add(-6 * time.Minute) }},
		"too early":             {sign: func(s *signing) { s.at = s.at.Add(6 * time.Minute) }},
		"no Authorization":      {turn: func(r *http.Request) { r.Header.Del("Authorization") }},
		"two Authorizations":    {turn: func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }},
		"no date":               {turn: func(r *http.Request) { r.Header.Del("X-Amz-Date") }},
		"two dates":             {turn: func(r *http.Request) { r.Header.Add("X-Amz-Date", r.Header.Get("X-Amz-Date")) }},
		"another body":          {body: `{"storeId":"t"}`},
		"no body":               {body: " "},
		"another host":          {turn: func(r *http.Request) { r.Host = "evil.example" }},
		"an added x-amz header": {turn: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }},
		"a doubled header":      {turn: func(r *http.Request) { r.Header.Add("Content-Type", "text/html") }},
		"unsigned payload":      {sign: func(s *signing) { s.header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }},
		"a content type that is not signed": {sign: func(s *signing) { s.header = http.Header{} },
			turn: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }},
		"a bearer token": {turn: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }},
		"a signature in upper case": {turn: func(r *http.Request) {
			head, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(signature))
		}},
		"an unsigned date": {turn: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ";x-amz-date", "", 1))
		}},
		"headers out of order": {turn: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;x-amz-date", "x-amz-date;host", 1))
		}},
	} {
		s := plainSigning()
		if c.sign != nil {
			c.sign(&s)
		}
		r, body := s.request(t)
		if c.turn != nil {
			c.turn(r)
		}
		if c.body != "" {
			body = []byte(strings.TrimSpace(c.body))
		}
		err := verifier().Verify(r, body)
		if !errors.Is(err, jwo.ErrSignature) {
			t.Errorf("%s: %v", title, err)
		} else if strings.Contains(err.Error(), secretKey) {
			t.Errorf("%s: the error tells the secret", title)
		}
	}
	if err := jwo.NewVerifier(jwo.VerifierConfig{}).Verify(plainSigning().request(t)); !errors.Is(err, jwo.ErrSignature) {
		t.Errorf("without keys: %v", err)
	}
}

// Every byte of a request on the wire is changed in turn; whatever the server
// still reads as a request must be refused.
func TestVerifierRefusesEveryChangedByte(t *testing.T) {
	t.Parallel()
	s := plainSigning()
	s.session, s.url = "session-token", "https://h.example/v1/a%20b?x=1&y=%2F2"
	r, err := http.NewRequestWithContext(context.Background(), s.method, s.url, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "") // not signed, so not written
	sum := sha256.Sum256([]byte(s.body))
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret, SessionToken: s.session}, r,
		hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	good := wire.Bytes()
	v := verifier()
	if req, body := parse(good); v.Verify(req, body) != nil {
		t.Fatal("the unchanged request is refused")
	}
	refused := 0
	for i := range good {
		for _, flip := range []byte{1, 2, 32, 128} {
			changed := bytes.Clone(good)
			changed[i] ^= flip
			req, body := parse(changed)
			if req == nil || harmless(good, i, changed) {
				continue
			}
			if v.Verify(req, body) == nil {
				t.Errorf("byte %d of %q changed to %q is accepted", i, around(good, i), changed[i])
			}
			refused++
		}
	}
	if refused < 1000 {
		t.Errorf("only %d changes were judged", refused)
	}
}

// harmless are changes that mean the same or that net/http itself rules on: a
// header name in another case, the HTTP version, and the length, which the
// server has already used.
func harmless(good []byte, i int, changed []byte) bool {
	line := bytes.LastIndexByte(good[:i], '\n') + 1
	rest := good[line:]
	if line == 0 {
		return bytes.Contains(good[max(0, i-9):i+1], []byte("HTTP/")) || i >= bytes.Index(good, []byte(" HTTP/"))
	}
	if i > bytes.Index(good, []byte("\r\n\r\n")) {
		return false
	}
	colon := line + bytes.IndexByte(rest, ':')
	if bytes.HasPrefix(rest, []byte("Content-Length")) {
		return true
	}
	return i < colon && bytes.EqualFold(good[line:colon], changed[line:colon])
}

func around(b []byte, i int) []byte { return b[max(0, i-10):min(len(b), i+10)] }
