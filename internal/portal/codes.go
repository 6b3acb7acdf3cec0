package portal

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/qrcode"
)

// CodeIssuer makes scan codes: *gate.Gate.
type CodeIssuer interface {
	IssueCode(ctx context.Context, storeID, shopperID string) (gate.Code, error)
	Pattern(storeID string) (string, error)
}

// authorized lets in who shows one of the keys as a bearer token.
func (p *portal) authorized(next func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		key := keyOf(p.cfg.Keys(), shown)
		if !bearer || key == "" {
			// A right key is never held up by other people's wrong ones: behind
			// a proxy they all come from one place.
			if !p.strange.Allow(source(r)) {
				p.codes.Inc("throttled")
				throttle(w)
				return
			}
			p.codes.Inc("denied")
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "unauthorized", "Show a valid key as a bearer token.")
			return
		}
		if !p.app.Allow(key) {
			p.codes.Inc("throttled")
			throttle(w)
			return
		}
		next(w, r)
	}
}

// keyOf names the key that was shown, "" for none of them; it takes the same
// time whichever it is.
func keyOf(keys []string, shown string) string {
	sum := sha256.Sum256([]byte(shown))
	found := ""
	for _, key := range keys {
		want := sha256.Sum256([]byte(key))
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 && key != "" {
			found = string(want[:8])
		}
	}
	return found
}

const maxBody = 16 << 10

type codeRequest struct {
	StoreID   string `json:"storeId"`
	ShopperID string `json:"shopperId"`
	// SVG and PNG ask for a drawing with the code.
	SVG bool `json:"svg"`
	PNG bool `json:"png"`
}

type codeResponse struct {
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expiresAt"`
	// RefreshAfter is in how many seconds the app should ask for a new code.
	RefreshAfter int    `json:"refreshAfter"`
	SVG          string `json:"svg,omitempty"`
	PNG          string `json:"png,omitempty"` // Base64
}

// scanCode answers POST /app/v1/scan-codes.
func (p *portal) scanCode(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		p.codes.Inc("refused")
		refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type", "Send application/json.")
		return
	}
	var req codeRequest
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		p.codes.Inc("refused")
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "The request body is too large.")
		return
	}
	if err := json.Unmarshal(body, &req); err != nil || req.StoreID == "" || req.ShopperID == "" || len(req.StoreID)+len(req.ShopperID) > 510 {
		p.codes.Inc("refused")
		refuse(w, http.StatusBadRequest, "invalid", "Send storeId and shopperId as JSON strings.")
		return
	}
	code, err := p.cfg.Codes.IssueCode(r.Context(), req.StoreID, req.ShopperID)
	if err != nil {
		p.noCode(w, r, err)
		return
	}
	resp := codeResponse{Code: code.Text, ExpiresAt: code.ExpiresAt.UTC(), RefreshAfter: max(int(code.RenewAt.Sub(code.IssuedAt)/time.Second), 1)}
	if req.SVG {
		if svg, err := qrcode.SVG(code.Text); err == nil {
			resp.SVG = string(svg)
		}
	}
	if req.PNG {
		if png, err := qrcode.PNG(code.Text, 8); err == nil {
			resp.PNG = base64.StdEncoding.EncodeToString(png)
		}
	}
	p.codes.Inc("issued")
	write(w, http.StatusCreated, resp)
}

// noCode says why there is no code: what the shopper can fix, or what the
// caller did wrong.
func (p *portal) noCode(w http.ResponseWriter, r *http.Request, err error) {
	var check *gate.PreCheck
	switch {
	case errors.As(err, &check):
		p.codes.Inc("pre_check")
		write(w, http.StatusUnprocessableEntity, problem{Code: "pre_check_failed", Message: "The shopper has to fix something first.", Fix: fixesOf(check)})
	case errors.Is(err, fault.NotFound), errors.Is(err, fault.Invalid):
		p.codes.Inc("refused")
		refuse(w, http.StatusNotFound, "not_found", "There is no such store or shopper.")
	default:
		p.codes.Inc("failed")
		p.cfg.Log.ErrorContext(r.Context(), "no scan code", "error", err)
		refuse(w, fault.Status(err), "unavailable", "No code can be made just now.")
	}
}

// pattern answers GET /app/v1/scan-codes/pattern?storeId=: the expression that
// belongs into the Merchant Portal.
func (p *portal) pattern(w http.ResponseWriter, r *http.Request) {
	pattern, err := p.cfg.Codes.Pattern(r.URL.Query().Get("storeId"))
	if err != nil {
		refuse(w, http.StatusNotFound, "not_found", "There is no such store.")
		return
	}
	write(w, http.StatusOK, struct {
		Pattern string `json:"pattern"`
	}{pattern})
}

type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     []fix  `json:"fix,omitempty"`
}

// fix is one thing the shopper has to put right: a word for the app, a
// sentence for people.
type fix struct {
	Problem string `json:"problem"`
	Text    string `json:"text"`
}

// support stands for every problem that is not the shopper's to know.
const support = "contact_support"

func fixesOf(c *gate.PreCheck) []fix {
	var all []fix
	for _, f := range c.Fixes {
		one := fix{f.Problem, f.Text}
		switch f.Problem {
		case gate.Debt, gate.NoPaymentMethod, gate.CardExpired:
		default:
			one.Problem = support
		}
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	write(w, status, problem{Code: code, Message: message})
}

func throttle(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "10")
	refuse(w, http.StatusTooManyRequests, "throttled", "Too many requests.")
}

func write(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"code":"internal","message":"Something went wrong here."}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // a caller that has gone cannot be told
}
