package connector

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/strollhq/stroll/jwo"
)

// errCaller is in the log; the caller learns nothing but 403.
var errCaller = errors.New("caller not recognised")

// guard recognises callers.
type guard struct {
	s       Settings
	secrets [][sha256.Size]byte
	verify  *jwo.Verifier
}

func newGuard(s Settings) *guard {
	g := &guard{s: s}
	for _, secret := range s.Secrets {
		g.secrets = append(g.secrets, sha256.Sum256([]byte(secret)))
	}
	g.verify = jwo.NewVerifier(jwo.VerifierConfig{Regions: s.Regions, Keys: g.secretOf})
	return g
}

// secretOf is the secret of a known AWS key.
func (g *guard) secretOf(id string) (string, bool) {
	for _, k := range g.s.Keys {
		if k.ID == id {
			return k.Secret, true
		}
	}
	return "", false
}

// keyID is the access key an Authorization header claims; empty for none.
func keyID(h http.Header) string {
	values := h["Authorization"]
	if len(values) != 1 {
		return ""
	}
	claim, ok := strings.CutPrefix(values[0], "AWS4-HMAC-SHA256 Credential=")
	id, _, scoped := strings.Cut(claim, "/")
	if !ok || !scoped {
		return ""
	}
	return id
}

// greet is nil for a caller who may call as far as the header tells: under
// sigv4 the signature is still to be verified, which takes the body.
func (g *guard) greet(r *http.Request) error {
	switch g.s.Mode {
	case AuthHeader:
		if !g.knows(r.Header.Get(g.s.Header)) {
			return errCaller
		}
	case AuthSigV4:
		if _, known := g.secretOf(keyID(r.Header)); !known {
			return errCaller
		}
	}
	if len(g.s.ARNs) == 0 {
		return nil
	}
	arn := r.Header.Get(g.s.ARNHeader)
	for _, allowed := range g.s.ARNs {
		prefix, open := strings.CutSuffix(allowed, "*")
		if arn == allowed || open && strings.HasPrefix(arn, prefix) {
			return nil
		}
	}
	return errCaller
}

// knows compares with every secret, always in the same time.
func (g *guard) knows(shown string) bool {
	sum := sha256.Sum256([]byte(shown))
	found := 0
	for _, secret := range g.secrets {
		found |= subtle.ConstantTimeCompare(sum[:], secret[:])
	}
	return found == 1
}
