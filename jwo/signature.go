package jwo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// service is what the calls are signed for: an API of API Gateway.
const service = "execute-api"

// VerifierConfig configures a Verifier.
type VerifierConfig struct {
	// Keys gives the secret of an access key, and whether the key is known. It
	// is called concurrently.
	Keys func(accessKeyID string) (secret string, ok bool)
	// Regions a request may be signed for. Default: any.
	Regions []string
	// Service a request must be signed for. Default execute-api.
	Service string
	// Skew is how far the signature's time may be from ours, either way.
	// Default 5 minutes.
	Skew time.Duration
}

// Verifier checks AWS Signature Version 4 in the Authorization header. It may
// be used concurrently. It keeps no memory of requests, so that a request can
// be replayed within Skew: the calls of this contract are idempotent.
type Verifier struct{ cfg VerifierConfig }

// NewVerifier never fails; without Keys every request is refused.
func NewVerifier(cfg VerifierConfig) *Verifier {
	if cfg.Keys == nil {
		cfg.Keys = func(string) (string, bool) { return "", false }
	}
	if cfg.Service == "" {
		cfg.Service = service
	}
	if cfg.Skew <= 0 {
		cfg.Skew = 5 * time.Minute
	}
	return &Verifier{cfg}
}

// ErrSignature is in the chain of every error of Verify.
var ErrSignature = errors.New("signature refused")

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrSignature, why) }

const (
	algorithm  = "AWS4-HMAC-SHA256"
	stampShape = "20060102T150405Z"
)

// Verify answers nil when the request, with this body, was signed by the
// holder of a known key for our service, recently. Signed must be the host,
// the date, the content type if there is one, and every X-Amz header. The
// error says what is wrong, for our log and not for the caller.
func (v *Verifier) Verify(r *http.Request, body []byte) error {
	a, err := parseAuthorization(r.Header)
	if err != nil {
		return err
	}
	stamp, at, err := single(r.Header)
	if err != nil {
		return err
	}
	if age := time.Since(at); age > v.cfg.Skew || age < -v.cfg.Skew {
		return refuse("its time is too far from ours")
	}
	switch {
	case a.date != stamp[:8]:
		return refuse("scope and date differ")
	case a.service != v.cfg.Service:
		return refuse("signed for another service")
	case len(v.cfg.Regions) > 0 && !slices.Contains(v.cfg.Regions, a.region):
		return refuse("signed for another region")
	}
	if err := covered(r.Header, a.signed); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if claimed, ok := r.Header["X-Amz-Content-Sha256"]; ok && !slices.Equal(claimed, []string{hash}) {
		return refuse("the body is not the one signed")
	}
	canonical, err := canonicalRequest(r, len(body), a.signed, hash)
	if err != nil {
		return err
	}
	secret, known := v.cfg.Keys(a.key)
	want := a.sign(secret, stamp, canonical) // also for an unknown key, which must take as long
	if ok := hmac.Equal(want, a.signature); !ok || !known {
		return refuse("the signature does not match")
	}
	return nil
}

// authorization is the parsed Authorization header.
type authorization struct {
	key, date, region, service string
	signed                     []string
	signature                  []byte
}

// parseAuthorization reads exactly the form the AWS SDKs write.
func parseAuthorization(h http.Header) (a authorization, err error) {
	values := h["Authorization"]
	if len(values) != 1 {
		return a, refuse("there is no Authorization header, or several")
	}
	rest, ok := strings.CutPrefix(values[0], algorithm+" ")
	if !ok {
		return a, refuse("the algorithm is not " + algorithm)
	}
	parts := strings.Split(rest, ", ")
	if len(parts) != 3 {
		return a, refuse("the Authorization header is malformed")
	}
	credential, ok1 := strings.CutPrefix(parts[0], "Credential=")
	signed, ok2 := strings.CutPrefix(parts[1], "SignedHeaders=")
	signature, ok3 := strings.CutPrefix(parts[2], "Signature=")
	scope := strings.Split(credential, "/")
	if !ok1 || !ok2 || !ok3 || len(scope) != 5 || scope[4] != "aws4_request" || scope[0] == "" {
		return a, refuse("the Authorization header is malformed")
	}
	a.key, a.date, a.region, a.service = scope[0], scope[1], scope[2], scope[3]
	a.signed = strings.Split(signed, ";")
	a.signature, err = hex.DecodeString(signature)
	if err != nil || len(a.signature) != sha256.Size || strings.ToLower(signature) != signature {
		return a, refuse("the signature is malformed")
	}
	return a, nil
}

// single reads the X-Amz-Date header.
func single(h http.Header) (string, time.Time, error) {
	values := h["X-Amz-Date"]
	if len(values) != 1 || len(values[0]) != len(stampShape) {
		return "", time.Time{}, refuse("there is no X-Amz-Date header, or several")
	}
	at, err := time.Parse(stampShape, values[0])
	if err != nil {
		return "", time.Time{}, refuse("the X-Amz-Date header is malformed")
	}
	return values[0], at, nil
}

// covered holds the list of signed headers to what must be in it.
func covered(h http.Header, signed []string) error {
	if !slices.IsSorted(signed) || len(slices.Compact(slices.Clone(signed))) != len(signed) {
		return refuse("the signed headers are not in order")
	}
	if !slices.Contains(signed, "host") {
		return refuse("the host is not signed")
	}
	for name := range h {
		name = strings.ToLower(name)
		if (strings.HasPrefix(name, "x-amz-") || name == "content-type") && !slices.Contains(signed, name) {
			return refuse("the header " + name + " is not signed")
		}
	}
	return nil
}
