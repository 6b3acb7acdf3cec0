package connector_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/jwo"
)

func TestCallers(t *testing.T) {
	t.Parallel()
	const old, now, arn = "an old secret of the gateway", "a new secret of the gateway", "arn:aws:sts::1:assumed-role/Ordering/session-7"
	headers := connector.Settings{Mode: connector.AuthHeader, Secrets: []string{old, now}}
	listed := headers
	listed.ARNs = []string{"arn:aws:iam::2:role/Other", "arn:aws:sts::1:assumed-role/Ordering/*"}
	named := headers
	named.Header, named.ARNHeader, named.ARNs = "X-Gate", "X-Who", []string{arn}
	for _, c := range []struct {
		name    string
		s       connector.Settings
		headers []func(*http.Request)
		admit   bool
	}{
		{"off", connector.Settings{}, nil, true},
		{"the secret", headers, []func(*http.Request){header("X-Stroll-Gateway", now)}, true},
		{"the secret being replaced", headers, []func(*http.Request){header("X-Stroll-Gateway", old)}, true},
		{"a wrong secret", headers, []func(*http.Request){header("X-Stroll-Gateway", now+"x")}, false},
		{"an empty secret", headers, []func(*http.Request){header("X-Stroll-Gateway", "")}, false},
		{"no secret", headers, nil, false},
		{"a listed caller", listed, []func(*http.Request){header("X-Stroll-Gateway", now), header("X-Stroll-Caller", arn)}, true},
		{"another caller", listed, []func(*http.Request){header("X-Stroll-Gateway", now), header("X-Stroll-Caller", "arn:aws:sts::1:assumed-role/Orderings/s")}, false},
		{"no caller", listed, []func(*http.Request){header("X-Stroll-Gateway", now)}, false},
		{"a listed caller without the secret", listed, []func(*http.Request){header("X-Stroll-Caller", arn)}, false},
		{"headers by other names", named, []func(*http.Request){header("X-Gate", now), header("X-Who", arn)}, true},
		{"unsigned", connector.Settings{Mode: connector.AuthSigV4, Keys: []connector.Key{{ID: "AKIA1", Secret: "s"}}}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := open(c.s)
			w := d.do(post(jwo.PathCreatePurchases, cartBody, c.headers...))
			if c.admit {
				if w.Code != http.StatusCreated {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			shaped(t, w, http.StatusForbidden)
			if call := d.seen.last(t); call.Outcome != "denied" || call.TripID != "" {
				t.Errorf("observed %+v", call)
			}
			if text := d.log.String(); !strings.Contains(text, "alert=caller_refused") || strings.Contains(text, "secret of the gateway") {
				t.Errorf("log: %s", text)
			}
		})
	}
}

func TestSettingsAreReplacedWhileRunning(t *testing.T) {
	t.Parallel()
	d := open(connector.Settings{Mode: connector.AuthHeader, Secrets: []string{"the first secret there was"}})
	show := header("X-Stroll-Gateway", "the second secret there was")
	if w := d.do(post(jwo.PathCreatePurchases, cartBody, show)); w.Code != http.StatusForbidden {
		t.Fatal(w.Code)
	}
	d.Use(connector.Settings{Mode: connector.AuthHeader, Secrets: []string{"the second secret there was"}})
	if w := d.do(post(jwo.PathCreatePurchases, cartBody, show)); w.Code != http.StatusCreated {
		t.Error(w.Code)
	}
}

// signed is a request signed by the holder of an AWS key.
func signed(t *testing.T, id, secret, region string) *http.Request {
	t.Helper()
	r := post("https://gate.example"+jwo.PathCreatePurchases, cartBody, header("Content-Type", "application/json"))
	sum := sha256.Sum256([]byte(cartBody))
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), "execute-api", region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSignedCallers(t *testing.T) {
	t.Parallel()
	s := connector.Settings{Mode: connector.AuthSigV4, Keys: []connector.Key{{ID: "AKIA1", Secret: "s1"}, {ID: "AKIA2", Secret: "s2"}}, Regions: []string{"us-east-1"}}
	d := open(s)
	for _, key := range s.Keys {
		if w := d.do(signed(t, key.ID, key.Secret, "us-east-1")); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", key.ID, w.Code, d.log)
		}
	}
	shaped(t, d.do(signed(t, "AKIA1", "s2", "us-east-1")), http.StatusForbidden)
	shaped(t, d.do(signed(t, "AKIA3", "s1", "us-east-1")), http.StatusForbidden)
	shaped(t, d.do(signed(t, "AKIA1", "s1", "eu-west-1")), http.StatusForbidden)
	r := signed(t, "AKIA1", "s1", "us-east-1")
	r.Body = io.NopCloser(strings.NewReader(strings.Replace(cartBody, "trip-1", "trip-2", 1)))
	shaped(t, d.do(r), http.StatusForbidden)
}

func TestSettingsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	if err := (connector.Settings{}).Check(); err != nil {
		t.Error(err)
	}
	for path, s := range map[string]connector.Settings{
		"mode":       {Mode: "magic"},
		"secrets":    {Mode: connector.AuthHeader},
		"secrets[0]": {Mode: connector.AuthHeader, Secrets: []string{"short"}},
		"keys":       {Mode: connector.AuthSigV4},
		"keys[0]":    {Mode: connector.AuthSigV4, Keys: []connector.Key{{ID: "AKIA1"}}},
		"arns":       {ARNs: []string{"arn:aws:iam::1:role/x"}},
		"arns[0]":    {Mode: connector.AuthHeader, Secrets: []string{"a secret of good length"}, ARNs: []string{"*"}},
		"header":     {Header: "X Y"},
		"max_body":   {MaxBody: 10},
		"rate":       {Rate: -2},
		"in_flight":  {InFlight: -2},
		"timeout":    {Timeout: time.Hour},
	} {
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
