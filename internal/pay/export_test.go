package pay

import (
	"context"

	"github.com/strollhq/stroll/internal/db"
)

// What the tests of the table need to see of it.

type Edge = edge

func Table() []Edge { return table }

func Next(from State, on Event) (State, bool) { return next(from, on) }

// AllEvents are the events of the table.
func AllEvents() []Event {
	seen := map[Event]bool{}
	var all []Event
	for _, e := range table {
		if !seen[e.On] {
			seen[e.On] = true
			all = append(all, e.On)
		}
	}
	return all
}

// Move tries one transition on a payment in a state and tells where it is
// afterwards.
func Move(from State, on Event) (State, error) {
	c := begin(Payment{TripID: "t", State: from}, Settings{}, at(1), "test")
	err := c.on(on, "")
	return c.p.State, err
}

// Try is Move against the database, as every writer of a payment does it.
func (p *Pay) Try(ctx context.Context, tripID string, on Event) error {
	return p.db.Tx(ctx, func(ctx context.Context, tx *db.Tx) error {
		pay, err := loadPayment(ctx, tx, tripID)
		if err != nil {
			return err
		}
		c := p.worker(pay)
		if err := c.on(on, "tried"); err != nil {
			return err
		}
		_, err = p.save(ctx, tx, c)
		return err
	})
}

func IsFinal(s State) bool   { return rules[s].Final }
func NextAct(s State) string { return rules[s].Next }

// DebtColumns are the columns of the table debt.
var DebtColumns = debtColumns
