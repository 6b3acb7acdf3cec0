package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/money"
)

// booksPage shows what was charged and whether the journal agrees.
func (a *App) booksPage(ctx context.Context) ([]console.Table, any, error) {
	books, err := a.Pay.Books(ctx)
	if err != nil {
		return nil, nil, err
	}
	check, err := a.Pay.Verify(ctx)
	if err != nil {
		return nil, nil, err
	}
	states := console.Table{Title: "Payments", Columns: []string{"State", "Trips ", "Total ", "Captured "}, Empty: "No payment yet."}
	for _, s := range books.States {
		states.Rows = append(states.Rows, console.Text(string(s.State), strconv.Itoa(s.Count), sum(s.Total, s.Currency), sum(s.Captured, s.Currency)))
	}
	debts := console.Table{Title: "Debts", Columns: []string{"State", "Cause", "Debts ", "Owed "}, Empty: "Nobody owes anything."}
	for _, d := range books.Debts {
		debts.Rows = append(debts.Rows, console.Text(d.State, d.Cause, strconv.Itoa(d.Count), sum(d.Remaining, d.Currency)))
	}
	accounts := console.Table{Title: "Ledger", Columns: []string{"Account", "Debits minus credits "}, Empty: "No entry yet."}
	for _, b := range books.Balances {
		accounts.Rows = append(accounts.Rows, console.Text(strings.ReplaceAll(b.Account, "_", " "), sum(b.Balance, b.Currency)))
	}
	verdict := console.Table{Title: "Check", Columns: []string{"Recomputed from the journal", "Result"}}
	row := console.Text(fmt.Sprintf("%d trips, %d entries", check.Trips, check.Entries), "the books are right")
	row[1].Mark = "good"
	if !check.OK() {
		row[1] = console.Cell{Text: fmt.Sprintf("%d differences", len(check.Differences)), Mark: "bad"}
	}
	verdict.Rows = [][]console.Cell{row}
	for _, d := range check.Differences {
		verdict.Rows = append(verdict.Rows, console.Text("", d))
	}
	return []console.Table{verdict, states, debts, accounts}, map[string]any{"books": books, "verification": check}, nil
}

func sum(minor int64, c money.Currency) string {
	if c == "" {
		return "–"
	}
	return money.New(minor, c).String()
}
