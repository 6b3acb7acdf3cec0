package connector

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/strollhq/stroll/jwo"
)

// How callers are recognised.
const (
	// AuthOff trusts everybody who reaches the listener.
	AuthOff = "off"
	// AuthHeader trusts who shows a secret that only the API gateway knows.
	AuthHeader = "header"
	// AuthSigV4 trusts who signs with a known AWS key.
	AuthSigV4 = "sigv4"
)

// Settings is how Amazon's calls are recognised and bounded. The zero value of
// each field stands for the default named with it.
type Settings struct {
	// Mode is off (default), header or sigv4. Amazon's calls are signed with
	// IAM and checked by the retailer's API gateway; the program behind it only
	// has to know that a call came through that gateway: header. sigv4 is for
	// the simulator and for private set-ups without a gateway.
	Mode string `yaml:"mode,omitempty" json:"mode"`
	// Header is the header with the gateway's secret. Default X-Stroll-Gateway.
	Header string `yaml:"header,omitempty" json:"header"`
	// Secrets are the secrets accepted in it, each of at least 16 characters:
	// several while one is being replaced.
	Secrets []string `yaml:"secrets,omitempty" json:"-" secret:"true"`
	// Keys are the AWS keys accepted under sigv4.
	Keys []Key `yaml:"keys,omitempty" json:"keys"`
	// Regions a signature may be for. Default any.
	Regions []string `yaml:"regions,omitempty" json:"regions"`
	// ARNHeader is the header in which the gateway passes on the caller's ARN
	// ($context.identity.userArn). Default X-Stroll-Caller.
	ARNHeader string `yaml:"arn_header,omitempty" json:"arn_header"`
	// ARNs are the callers let in; one may end in * to cover the sessions of a
	// role. None: the caller's ARN is not looked at. Needs mode header or sigv4.
	ARNs []string `yaml:"arns,omitempty" json:"arns"`
	// MaxBody is the largest request body in bytes. Default 1048576 (1 MiB), at
	// most 16 MiB.
	MaxBody int64 `yaml:"max_body,omitempty" json:"max_body"`
	// Rate is how many requests a second are taken before the answer is 429,
	// with bursts of twice as many. Default 10000; −1 for no limit.
	Rate int `yaml:"rate,omitempty" json:"rate"`
	// InFlight is how many requests may be worked on at once before the answer
	// is 429. Default 2048; −1 for no limit.
	InFlight int `yaml:"in_flight,omitempty" json:"in_flight"`
	// Timeout bounds the work on one request. A gate answers sooner by its own
	// deadline. Default 15s, at most 29s, API Gateway's own limit.
	Timeout time.Duration `yaml:"timeout,omitempty" json:"timeout_ns"`
	// OmitEmptyArrays leaves empty lists out of Shopper Authorization's answer.
	// Default: sent as [].
	OmitEmptyArrays bool `yaml:"omit_empty_arrays,omitempty" json:"omit_empty_arrays"`
	// Accept widens or narrows the words accepted in enumerations.
	Accept jwo.Limits `yaml:"accept,omitempty" json:"accept"`
}

// Key is an AWS access key.
type Key struct {
	// ID is the access key id, Secret the secret access key.
	ID     string `yaml:"id" json:"id"`
	Secret string `yaml:"secret" json:"-" secret:"true"`
}

const minSecret = 16

// WithDefaults is s with every empty field filled in.
func (s Settings) WithDefaults() Settings {
	if s.Mode == "" {
		s.Mode = AuthOff
	}
	if s.Header == "" {
		s.Header = "X-Stroll-Gateway"
	}
	if s.ARNHeader == "" {
		s.ARNHeader = "X-Stroll-Caller"
	}
	if s.MaxBody == 0 {
		s.MaxBody = 1 << 20
	}
	if s.Rate == 0 {
		s.Rate = 10_000
	}
	if s.InFlight == 0 {
		s.InFlight = 2048
	}
	if s.Timeout == 0 {
		s.Timeout = 15 * time.Second
	}
	return s
}

// Check reports every wrong field, each error beginning with its path.
func (s Settings) Check() error {
	s = s.WithDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch s.Mode {
	case AuthOff:
		if len(s.ARNs) > 0 {
			bad("arns: with mode off anybody could name any caller")
		}
	case AuthHeader:
		if len(s.Secrets) == 0 {
			bad("secrets: mode header needs one")
		}
	case AuthSigV4:
		if len(s.Keys) == 0 {
			bad("keys: mode sigv4 needs one")
		}
	default:
		bad("mode: %.40q is not off, header or sigv4", s.Mode)
	}
	for i, secret := range s.Secrets {
		if len(secret) < minSecret {
			bad("secrets[%d]: shorter than %d characters", i, minSecret)
		}
	}
	for i, k := range s.Keys {
		if k.ID == "" || k.Secret == "" {
			bad("keys[%d]: id and secret are both needed", i)
		}
	}
	for i, a := range s.ARNs {
		if !strings.HasPrefix(a, "arn:") || strings.Contains(strings.TrimSuffix(a, "*"), "*") {
			bad("arns[%d]: %.60q is not an ARN, with * at the end if at all", i, a)
		}
	}
	for path, name := range map[string]string{"header": s.Header, "arn_header": s.ARNHeader} {
		if strings.ContainsAny(name, " :\r\n") || textproto.CanonicalMIMEHeaderKey(name) == "" {
			bad("%s: %.40q is not the name of a header", path, name)
		}
	}
	if s.MaxBody < 1024 || s.MaxBody > 16<<20 {
		bad("max_body: %d is not between 1024 and %d", s.MaxBody, 16<<20)
	}
	if s.Rate < -1 {
		bad("rate: %d is below −1", s.Rate)
	}
	if s.InFlight < -1 {
		bad("in_flight: %d is below −1", s.InFlight)
	}
	if s.Timeout < 100*time.Millisecond || s.Timeout > 29*time.Second {
		bad("timeout: %s is not between 100ms and 29s", s.Timeout)
	}
	return errors.Join(errs...)
}

// Server is an HTTP server for h whose connections cannot be held by slow or
// silent callers: no header within 5 s, no body within 15 s, no answer taken
// within 60 s (the body's time and the longest work together), idle for 2
// minutes, more than 32 KiB of header.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}
