package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
)

// grounds are what a decision stands on. In a transaction every fact is read
// there. Without one it is guessed, from what this process last knew, and each
// guess puts a check on the write that will record the decision; what cannot
// be checked there is errUnsure. A decision that asks nothing but its grounds
// cannot depend on anything that was not verified.
type grounds struct {
	g  *Gate
	q  db.Querier // nil: nothing is read
	tx *db.Tx     // nil: what follows from the decision is not done here
	w  *db.Write  // nil: nothing is guessed
}

var (
	// errUnsure says that a decision cannot be guessed.
	errUnsure = errors.New("not to be guessed")
	// errMissing says that a fact it needs is not in memory.
	errMissing = errors.New("not in memory")
)

// account is fault.NotFound when there is none.
func (r grounds) account(ctx context.Context, id string) (shopper.Shopper, error) {
	h := &r.g.hints.accounts
	a, hinted := h.get(id)
	if r.w == nil || !hinted {
		if r.q == nil {
			return shopper.Shopper{}, errMissing
		}
		read, err := r.g.c.Shoppers.Get(ctx, r.q, id)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return shopper.Shopper{}, err
		}
		read.Name, read.Email = "", "" // decide nothing, and are not to be kept here
		a = account{read, err == nil}
		h.put(id, a)
	}
	switch {
	case r.w != nil && a.known:
		r.w.Check(shopper.Stands, a.Standing()...)
	case r.w != nil:
		r.w.Check(shopper.Unknown, id)
	}
	if !a.known {
		return shopper.Shopper{}, fault.New(fault.NotFound, "shopper %.255s: unknown", id)
	}
	return a.Shopper, nil
}

// codeStands checks that a code's token stands for a shopper and was not
// taken back.
var codeStands = db.NewCheck("token text, shopper_id text, prefix text, issued_at bigint",
	`EXISTS (SELECT 1 FROM recognition WHERE recognition.token = r.token AND recognition.shopper_id = r.shopper_id
		AND recognition.prefix = r.prefix AND recognition.issued_at = r.issued_at AND recognition.revoked_at = 0)`)

// code is what is on record about a token.
func (r grounds) code(ctx context.Context, token string) (rec recognition, err error) {
	h := &r.g.hints.codes
	rec, hinted := h.get(token)
	if r.w == nil || !hinted {
		if r.q == nil {
			return rec, errMissing
		}
		if rec, err = recognised(ctx, r.q, token); err != nil {
			return rec, err
		}
		if rec.good() {
			h.put(token, rec)
		} else {
			h.drop(token)
		}
	}
	if r.w == nil {
		return rec, nil
	}
	if !rec.good() {
		return rec, errUnsure
	}
	r.w.Check(codeStands, token, rec.shopper, rec.prefix, rec.issued.UnixMilli())
	return rec, nil
}

// owed is the guess that nothing is. history says whether it also matters that
// something was once owed.
func (r grounds) owed(ctx context.Context, who pay.Who, history bool) (pay.Balance, error) {
	if r.w == nil {
		return r.g.c.Debts.Owed(ctx, r.q, who)
	}
	if history {
		r.w.Check(pay.NeverOwed, who.Visitor, who.Instrument)
	} else {
		r.w.Check(pay.OwesNothing, who.Visitor, who.Instrument)
	}
	return pay.Balance{}, nil
}

// visitsBy and visitsWith check who was admitted in the hour and the day before
// an event: with a visitor's codes, or with a card.
var (
	visitsBy   = newVisits("visitor", byCode)
	visitsWith = newVisits("instrument", byCard)
)

func newVisits(subject, entry string) *db.Check {
	return db.NewCheck("subject text, hour_from bigint, day_from bigint, until bigint, in_hour bigint, in_day bigint",
		fmt.Sprintf(`EXISTS (SELECT 1 FROM (SELECT count(*) AS in_day, sum(CASE WHEN d.admitted_at > r.hour_from THEN 1 ELSE 0 END) AS in_hour
			FROM gate_decision d WHERE d.%[1]s = r.subject AND d.%[1]s <> '' AND d.entry = '%[2]s' AND d.admitted_at > r.day_from AND d.admitted_at <= r.until) v
			WHERE v.in_day = r.in_day AND COALESCE(v.in_hour, 0) = r.in_hour)`, subject, entry))
}

// visits counts who was admitted in the hour and the day before the event of a
// decision.
func (r grounds) visits(ctx context.Context, d *Decision, at time.Time) (hour, day int, err error) {
	until := at.UnixMilli()
	hourFrom, dayFrom := at.Add(-time.Hour).UnixMilli(), at.Add(-24*time.Hour).UnixMilli()
	check, subject := visitsBy, d.subject()
	if d.Entry == byCard {
		check = visitsWith
	}
	// Nothing known is a guess too: that there were none.
	times, _ := r.g.hints.visits.get(d.Entry + subject)
	switch {
	case r.w == nil:
		if times, err = admissions(ctx, r.q, d.Entry, subject, dayFrom, until); err != nil {
			return 0, 0, err
		}
		r.g.hints.visits.put(d.Entry+subject, times[:min(len(times), maxVisits+1)])
	case len(times) > maxVisits:
		return 0, 0, errUnsure
	}
	for _, t := range times {
		if t > dayFrom && t <= until {
			day++
			if t > hourFrom {
				hour++
			}
		}
	}
	if r.w != nil {
		r.w.Check(check, subject, hourFrom, dayFrom, until, int64(hour), int64(day))
	}
	return hour, day, nil
}

// admissions are the times of a subject's admissions, in milliseconds.
func admissions(ctx context.Context, q db.Querier, entry, subject string, after, until int64) ([]int64, error) {
	column := "visitor"
	if entry == byCard {
		column = "instrument"
	}
	rows, err := q.QueryContext(ctx, `SELECT admitted_at FROM gate_decision WHERE `+column+` = $1 AND `+column+` <> ''
		AND entry = $2 AND admitted_at > $3 AND admitted_at <= $4`, subject, entry, after, until)
	if err != nil {
		return nil, fmt.Errorf("count visits: %w", err)
	}
	defer rows.Close()
	times := []int64{}
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("count visits: %w", err)
		}
		times = append(times, at)
	}
	return slices.Clip(times), rows.Err()
}

// use counts one more admission on a code; see use. How many there were is not
// guessed: events on one code would share a statement, in which none sees the
// other.
func (r grounds) use(ctx context.Context, token string, most int) (bool, error) {
	if r.tx == nil {
		return false, errUnsure
	}
	return use(ctx, r.tx, token, most)
}

// link guesses that nobody has heard of the trip yet.
func (r grounds) link(ctx context.Context, l pay.Link) error {
	if r.tx != nil {
		return r.g.c.Links.Link(ctx, r.tx, l)
	}
	r.w.Check(pay.StandsAt, l.TripID, int64(0))
	ok, err := r.g.c.Books.GuessLink(ctx, r.w, l)
	if err == nil && !ok {
		err = errUnsure
	}
	return err
}
