package gate

import (
	"context"
	"errors"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/jwo"
)

// A decision as one statement: it is made in memory from facts that are
// guessed, and recorded by a statement that writes nothing unless it finds
// every one of them true. What was taken for granted, and what verifies it:
//
//	the event was not decided before    the decision's unique index (the claim)
//	a code's shopper, prefix and time,
//	and that it was not taken back      codeStands
//	an account's kind, standing, payment
//	method and card's end; or no account shopper.Stands, shopper.Unknown
//	nothing is owed; nothing ever was   pay.OwesNothing, pay.NeverOwed
//	visits in the hour and in the day   visitsBy, visitsWith, where a rule asks
//	nobody has heard of the trip        pay.StandsAt, and the payment's key
//
// Only an admission is guessed. A refusal reads first: once it is known it is
// the answer even if it cannot be recorded, so it must be known for certain
// before that.
//
// Block, flag and allow lists, rules and all other settings are the process's
// own and asked for at each request. Everything else that is read, such as the
// admissions a code has left or a pre-authorization, makes the decision one
// that reads first, in a transaction (settle); so does any guess that was
// wrong. That transaction is always right, and what it reads is the next guess.
//
// The statement is as good as that transaction. There, all reads see the
// snapshot of one moment, the first read's, and only the unique index sees
// what happened since. In a single statement on PostgreSQL all checks see the
// snapshot of one moment too, the statement's own, which is nearer to the
// commit; the index is the same, and gives way instead of failing. Nothing here
// counts on two events seeing each other: under either, two may each find that
// the other has not visited yet. Where that matters, as with the admissions of
// a code, a row is changed in a transaction. On SQLite there is one writer.

var (
	byCodeWrite = db.NewKind("gate.code", putDecision, "id",
		[]*db.Check{codeStands, shopper.Stands, shopper.Unknown, pay.OwesNothing, visitsBy, visitsWith})
	byCardWrite = db.NewKind("gate.card", putDecision, "id",
		[]*db.Check{shopper.Stands, shopper.Unknown, pay.OwesNothing, pay.NeverOwed, visitsBy, visitsWith, pay.StandsAt},
		pay.LinkStmts()...)
)

// guessed is a decision on its way to the database.
type guessed struct {
	g *Gate
	d *Decision
	b *db.Begun
}

// first makes a guess from memory alone; nil when there is none.
func (g *Gate) first(ctx context.Context, fl *flight, q question) (x *guessed) {
	if _, ok := q.p.throttle(q.base.API); !ok {
		return nil
	}
	fl.counted = true
	// What goes wrong here goes wrong once more where it is told.
	_, _ = guard(func() (*Decision, error) {
		var err error
		x, err = g.guess(ctx, q.base, q.judge, nil)
		fl.wrong = x != nil
		fl.unsure = fl.wrong || !errors.Is(err, errMissing)
		return nil, nil
	})
	return x
}

// guess decides an event and begins the statement that records it. What is not
// in memory is read with q, or errMissing when that is nil.
func (g *Gate) guess(ctx context.Context, base Decision, judge judge, q db.Querier) (*guessed, error) {
	if g.c.Books == nil {
		return nil, errUnsure
	}
	d := base.fresh()
	kind, unique := byCodeWrite, ""
	if d.API == jwo.APIGetShopperAuthorization {
		kind = byCardWrite
	}
	if d.Event != "" {
		unique = d.API + "/" + d.Event
	}
	w := kind.New(d.ID, unique)
	if err := judge(ctx, grounds{g: g, q: q, w: w}, d); err != nil {
		return nil, err
	}
	if d.Outcome != Accepted {
		return nil, errUnsure
	}
	d.Recorded = d.Event != ""
	row, err := d.row()
	if err != nil {
		return nil, err
	}
	w.Claim(row...)
	b, err := g.c.DB.Begin(ctx, w)
	if err != nil {
		return nil, err
	}
	return &guessed{g, d, b}, nil
}

// wait answers the decision once it is on record, nil when it will not be; or
// that it is not done at the end of until. An error says that it may be on
// record where nothing would find it.
func (x *guessed) wait(until <-chan struct{}) (d *Decision, done bool, err error) {
	done, made, err := x.b.Wait(until)
	switch {
	case made:
		x.g.hints.heard(x.d)
		return x.d, true, nil
	case err != nil && x.d.Event == "" && !errors.Is(err, db.ErrChanged) && !db.IsUnique(err):
		return nil, done, err
	}
	return nil, done, nil
}
