package gate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/strollhq/stroll/internal/db"
)

// bearer is whom a key stands for.
type bearer struct {
	visitor string
	kind    string        // of an opaque key; a scan code's is the account's
	opaque  bool          // not a scan code: an account is not required
	token   string        // hash of the scan code's token
	age     time.Duration // of the scan code
	aged    bool
}

// identify finds whom a key stands for at the time of its scan. A reason
// means that the key is not good. Opaque keys come first, since they may look
// like anything.
func (r grounds) identify(ctx context.Context, p *policy, key string, at time.Time) (b bearer, reason string, err error) {
	if k := p.opaque[hash(key)]; k != nil && (!k.TestOnly || p.set.TestStore) {
		b = bearer{visitor: k.Visitor, kind: k.Type, opaque: true}
		if ended(k.Until, at) {
			return b, KeyEnded, nil
		}
		return b, "", nil
	}
	prefix := p.prefixOf(key)
	if prefix == nil {
		return b, KeyUnknown, nil
	}
	code, err := parseCode(key)
	switch custom := p.set.Codes.Custom; {
	case err != nil:
		return b, CodeMalformed, nil
	case ended(prefix.Until, at):
		return b, PrefixEnded, nil
	case len(custom.Keys) == 0 && code.custom != "",
		len(custom.Keys) > 0 && !code.signedBy(custom.Keys, custom.SignatureLength, at):
		return b, CodeForged, nil
	}
	b.token = hash(code.token)
	b.age, b.aged = code.age(at), true
	rec, err := r.code(ctx, b.token)
	if err != nil {
		return b, "", err
	}
	b.visitor = rec.shopper
	switch {
	case rec.shopper == "" || rec.prefix != code.prefix:
		return b, KeyUnknown, nil
	case !rec.issued.Equal(code.at):
		return b, CodeAltered, nil
	case rec.revoked:
		return b, CodeRevoked, nil
	case b.age > p.set.Codes.Freshness:
		return b, CodeStale, nil
	case b.age < -p.set.Codes.Skew:
		return b, CodeEarly, nil
	}
	return b, "", nil
}

// prefixOf is the store's prefix that a key begins with.
func (p *policy) prefixOf(key string) *Prefix {
	if len(key) < prefixPart.max {
		return nil
	}
	for i := range p.set.Codes.Prefixes {
		if x := &p.set.Codes.Prefixes[i]; x.Value == key[:prefixPart.max] {
			return x
		}
	}
	return nil
}

// recognition is what is on record about a token.
type recognition struct {
	shopper, prefix string // empty = no such token
	issued          time.Time
	revoked         bool
}

// good says whether the token stands for somebody.
func (r recognition) good() bool { return r.shopper != "" && !r.revoked }

func recognised(ctx context.Context, q db.Querier, token string) (r recognition, err error) {
	var issued, revoked int64
	err = q.QueryRowContext(ctx, `SELECT shopper_id, prefix, issued_at, revoked_at FROM recognition WHERE token = $1`, token).
		Scan(&r.shopper, &r.prefix, &issued, &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return recognition{}, nil
	}
	if err != nil {
		return recognition{}, fmt.Errorf("recognition record: %w", err)
	}
	r.issued, r.revoked = moment(issued), revoked != 0
	return r, nil
}

// use counts one more admission on the code, unless it has had as many as it
// may. Copies of one event do not come this far: they are answered from the
// record. The update also makes two events on one code meet in the database.
func use(ctx context.Context, tx *db.Tx, token string, most int) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE recognition SET admitted = admitted + 1 WHERE token = $1 AND admitted < $2`, token, int64(most))
	if err != nil {
		return false, fmt.Errorf("count admissions of a code: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
