package gate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwo"
)

// Code is a scan code to be shown at the gate.
type Code struct {
	Text      string    // what the QR code holds
	Token     string    // the recognition token inside; for Revoke
	IssuedAt  time.Time // whole seconds, as written in the code
	ExpiresAt time.Time // the last moment at which a scan is fresh
	RenewAt   time.Time // when the app should ask for the next one
}

// Fix is something that keeps a shopper from getting a code.
type Fix struct {
	Problem string // a reason: Debt, NoPaymentMethod, CardExpired, Fraud, ShopperBlocked or BlockListed
	Text    string // what to tell the shopper, in English
}

// PreCheck is the error of a code that was not issued: it names everything the
// shopper must put right first. It is of kind fault.Conflict.
type PreCheck struct{ Fixes []Fix }

// Error lists the problems.
func (e *PreCheck) Error() string {
	texts := make([]string, len(e.Fixes))
	for i, f := range e.Fixes {
		texts[i] = f.Text
	}
	return "no code until this is put right: " + strings.Join(texts, "; ")
}

// Unwrap makes errors.Is(err, fault.Conflict) true.
func (e *PreCheck) Unwrap() error { return fault.Conflict }

// fixes are the texts. That an account was flagged is nothing to tell.
var fixes = map[string]string{
	Debt:            "pay the open balance",
	NoPaymentMethod: "choose a payment method",
	CardExpired:     "replace the expired card",
	Fraud:           "contact customer service",
	ShopperBlocked:  "contact customer service",
	BlockListed:     "contact customer service",
}

// IssueCode makes a scan code for a shopper, good at every store whose
// prefixes include this store's. The gate's own checks come first, so that the
// app can say at home what the gate would refuse: their error is a *PreCheck.
// An unknown store or shopper is fault.NotFound. The code's record is durable
// when IssueCode returns.
func (g *Gate) IssueCode(ctx context.Context, storeID, shopperID string) (Code, error) {
	p, ok, err := g.policy(storeID)
	switch {
	case err != nil:
		return Code{}, err
	case !ok:
		return Code{}, fault.New(fault.NotFound, "store %.255s: not served here", storeID)
	}
	now := time.Now()
	c, err := p.newCode(now)
	if err != nil {
		return Code{}, fmt.Errorf("issue code in store %s: %w", storeID, err)
	}
	text, err := c.text()
	if err != nil {
		return Code{}, fmt.Errorf("issue code in store %s: %w", storeID, err)
	}
	var failed *PreCheck
	err = g.c.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		failed = nil
		a, err := grounds{g: g, q: tx, tx: tx}.account(ctx, shopperID)
		if err != nil {
			return err
		}
		if failed, err = g.preCheck(ctx, tx, p, a, now); err != nil || failed != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO recognition (token, shopper_id, store_id, prefix, issued_at, admitted, revoked_at)
			VALUES ($1, $2, $3, $4, $5, 0, 0)`, hash(c.token), a.ID, storeID, c.prefix, c.at.UnixMilli())
		return err
	})
	if err != nil {
		return Code{}, fmt.Errorf("issue code: %w", err)
	}
	if failed != nil {
		for _, f := range failed.Fixes {
			g.m.prechecks.Inc(storeID, f.Problem)
		}
		return Code{}, failed
	}
	g.m.issued.Inc(storeID)
	g.hints.codes.put(hash(c.token), recognition{shopper: shopperID, prefix: c.prefix, issued: c.at})
	return Code{
		Text: text, Token: c.token, IssuedAt: c.at,
		ExpiresAt: c.at.Add(p.set.Codes.Freshness), RenewAt: c.at.Add(p.set.Codes.Renew),
	}, nil
}

// newCode makes a code of 128 fresh random bits.
func (p *policy) newCode(now time.Time) (scanCode, error) {
	prefix, ok := p.prefix(now)
	if !ok {
		return scanCode{}, fault.New(fault.Unavailable, "every prefix has ended")
	}
	var random [16]byte
	rand.Read(random[:]) // never fails
	c := scanCode{prefix: prefix.Value, token: hex.EncodeToString(random[:]), at: now.UTC().Truncate(time.Second)}
	if len(p.set.Codes.Custom.Keys) > 0 {
		key, ok := p.signer(now)
		if !ok {
			return scanCode{}, fault.New(fault.Unavailable, "every signing key has ended")
		}
		c.custom = c.sign(key.Secret, p.set.Codes.Custom.SignatureLength)
	}
	return c, nil
}

// preCheck looks for everything that the gate would refuse.
func (g *Gate) preCheck(ctx context.Context, q db.Querier, p *policy, a shopper.Shopper, now time.Time) (*PreCheck, error) {
	var e PreCheck
	check := func(problem string, bad bool) {
		if bad {
			e.Fixes = append(e.Fixes, Fix{problem, fixes[problem]})
		}
	}
	check(ShopperBlocked, a.Status != shopper.Active)
	check(Fraud, a.Fraud || p.flag.has(a.ID, ""))
	check(BlockListed, p.block.has(a.ID, ""))
	if a.Kind == jwo.Shopper {
		check(NoPaymentMethod, !a.PaymentMethod)
		check(CardExpired, a.PaymentMethod && ended(a.CardExpires, now))
		owed, err := g.c.Debts.Owed(ctx, q, pay.Who{StoreID: p.storeID, Visitor: a.ID})
		if err != nil {
			return nil, err
		}
		check(Debt, p.tooMuch(owed))
	}
	if len(e.Fixes) == 0 {
		return nil, nil
	}
	return &e, nil
}

// Pattern is the scan code pattern to enter in Merchant Portal for the store:
// codes that do not match it are dropped at the gate and never reach us. It
// covers every prefix that has not ended.
func (g *Gate) Pattern(storeID string) (string, error) {
	p, ok, err := g.policy(storeID)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", fault.New(fault.NotFound, "store %.255s: not served here", storeID)
	}
	var prefixes []string
	for _, x := range p.set.Codes.Prefixes {
		if !ended(x.Until, time.Now()) {
			prefixes = append(prefixes, x.Value)
		}
	}
	return codePattern(prefixes, p.set.Codes.Custom.MaxLength), nil
}

// Revoke takes one code back by its token. A code that is unknown or was
// revoked before is fault.NotFound.
func (g *Gate) Revoke(ctx context.Context, token string) error {
	return g.revoke(ctx, "token", hash(token))
}

// RevokeAll takes back all codes of a shopper, for a lost telephone; later
// codes are not affected. None to take back is fault.NotFound.
func (g *Gate) RevokeAll(ctx context.Context, shopperID string) error {
	return g.revoke(ctx, "shopper_id", shopperID)
}

func (g *Gate) revoke(ctx context.Context, column, value string) error {
	return g.c.DB.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE recognition SET revoked_at = $1 WHERE `+column+` = $2 AND revoked_at = 0`,
			time.Now().UnixMilli(), value)
		if err != nil {
			return fmt.Errorf("revoke codes: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.NotFound, "revoke codes: there is none")
		}
		return nil
	})
}
