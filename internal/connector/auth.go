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
	g.verify = jwo.NewVerifier(jwo.VerifierConfig{Regions: s.Regions, Keys: func(id string) (string, bool) {
		for _, k := range s.Keys {
			if k.ID == id {
				return k.Secret, true
			}
		}
		return "", false
	}})
	return g
}

// admit is nil for a caller who may call. body is the whole request body.
func (g *guard) admit(r *http.Request, body []byte) error {
	switch g.s.Mode {
	case AuthHeader:
		if !g.knows(r.Header.Get(g.s.Header)) {
			return errCaller
		}
	case AuthSigV4:
		if err := g.verify.Verify(r, body); err != nil {
			return err
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
