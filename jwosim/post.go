package jwosim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// post sends a signed request and reads the whole answer within the time-out.
// The spoils expired and revoked go into its credentials.
func (s *Sim) post(ctx context.Context, url string, body []byte, timeout time.Duration, spoil string) answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "jwosim (a simulator, not Amazon)")
	req.Header.Set(notAmazon, notAmazonIs)
	if err := s.sign(req, body, spoil); err != nil {
		return answer{err: fmt.Errorf("sign: %w", err)}
	}
	asked := s.headers(req.Header)
	resp, err := s.cfg.Connector.Do(req)
	if err != nil {
		return answer{err: err, asked: asked}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, kind: resp.Header.Get("Content-Type"), after: retryAfter(resp.Header.Get("Retry-After"), s.cfg.Now())}
	a.asked, a.got = asked, s.headers(resp.Header)
	a.body, a.err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return a
}

// sign adds the shared headers and the signature.
func (s *Sim) sign(req *http.Request, body []byte, spoil string) error {
	at := time.Now()
	for k, v := range s.cfg.Headers {
		if spoil == faultExpired || spoil == faultRevoked {
			v = spoil
		}
		req.Header.Set(k, v)
	}
	k := s.cfg.Sign
	if k == nil {
		return nil
	}
	creds := aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}
	switch spoil {
	case faultExpired:
		at = at.Add(-time.Hour)
	case faultRevoked:
		creds.AccessKeyID += "REVOKED"
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(req.Context(), creds, req, hex.EncodeToString(sum[:]), "execute-api", s.cfg.Region, at)
}

// retryAfter reads seconds or an HTTP date; −1 is none.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
		return min(time.Duration(n), 1<<31) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return -1
}
