package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/strollhq/stroll/internal/console"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/money"
)

// audit is the books and what recomputing them found.
type audit struct {
	Books        pay.Books        `json:"books"`
	Verification pay.Verification `json:"verification"`
}

func (a *App) audit(ctx context.Context) (au audit, err error) {
	if au.Books, err = a.Pay.Books(ctx); err != nil {
		return au, err
	}
	au.Verification, err = a.Pay.Verify(ctx)
	return au, err
}

// verdict is what recomputing found, at a glance.
func (au audit) verdict() console.Fact {
	f := console.Fact{Label: "The books are", Text: "right", Mark: console.Good,
		Note: fmt.Sprintf("%d trips and %d ledger entries recomputed", au.Verification.Trips, au.Verification.Entries)}
	if !au.Verification.OK() {
		f.Text, f.Mark = "wrong", console.Bad
		f.Note = count(len(au.Verification.Differences), "difference") + " in " + f.Note
	}
	return f
}

// captured is what was captured, one fact for each currency.
func (au audit) captured() []console.Fact {
	sums, trips := map[money.Currency]int64{}, map[money.Currency]int{}
	var order []money.Currency
	for _, s := range au.Books.States {
		if s.Currency == "" {
			continue
		}
		if _, ok := sums[s.Currency]; !ok {
			order = append(order, s.Currency)
		}
		sums[s.Currency] += s.Captured
	}
	for _, c := range au.Books.Captured {
		trips[c.Currency]++
	}
	facts := make([]console.Fact, 0, 1)
	for _, c := range order {
		facts = append(facts, console.Fact{Label: "Captured", Text: sum(sums[c], c), Note: count(trips[c], "trip") + " charged"})
	}
	return facts
}

// owed is what is owed to the stores, one fact for each currency.
func (au audit) owed() []console.Fact {
	sums, debts := map[money.Currency]int64{}, map[money.Currency]int{}
	var order []money.Currency
	for _, d := range au.Books.Debts {
		if d.Remaining == 0 {
			continue
		}
		if _, ok := sums[d.Currency]; !ok {
			order = append(order, d.Currency)
		}
		sums[d.Currency] += d.Remaining
		debts[d.Currency] += d.Count
	}
	if len(order) == 0 {
		return []console.Fact{{Label: "Owed", Text: "nothing", Mark: console.Good}}
	}
	facts := make([]console.Fact, 0, 1)
	for _, c := range order {
		facts = append(facts, console.Fact{Label: "Owed", Text: sum(sums[c], c), Note: count(debts[c], "debt")})
	}
	return facts
}

// booksPage shows what was charged and whether the journal agrees.
func (a *App) booksPage(ctx context.Context) (console.View, error) {
	au, err := a.audit(ctx)
	if err != nil {
		return console.View{}, err
	}
	facts := append([]console.Fact{au.verdict()}, au.captured()...)
	v := console.View{Facts: append(facts, au.owed()...), JSON: au}
	if !au.Verification.OK() {
		t := console.Table{Title: "Differences", Columns: []string{"Found"}}
		for _, d := range au.Verification.Differences[:min(recent, len(au.Verification.Differences))] {
			t.Rows = append(t.Rows, []console.Cell{{Text: d, Mark: console.Bad}})
		}
		v.Tables = append(v.Tables, t)
	}
	states := console.Table{Title: "Payments", Columns: []string{"State", "Trips ", "Total ", "Captured "}, Empty: "No payment yet."}
	for _, s := range au.Books.States {
		states.Rows = append(states.Rows, console.Text(string(s.State), strconv.Itoa(s.Count), sum(s.Total, s.Currency), sum(s.Captured, s.Currency)))
	}
	debts := console.Table{Title: "Debts", Columns: []string{"State", "Debts ", "Owed ", "Cause", "Store"}, Empty: "Nobody owes anything."}
	for _, d := range au.Books.Debts {
		debts.Rows = append(debts.Rows, console.Text(d.State, strconv.Itoa(d.Count), sum(d.Remaining, d.Currency), words(d.Cause), d.StoreID))
	}
	accounts := console.Table{Title: "Ledger", Columns: []string{"Account", "Debits minus credits "}, Empty: "No entry yet."}
	all := map[money.Currency]int64{}
	for _, b := range au.Books.Balances {
		accounts.Rows = append(accounts.Rows, console.Text(words(b.Account), sum(b.Balance, b.Currency)))
		all[b.Currency] += b.Balance
	}
	for _, c := range slices.Sorted(maps.Keys(all)) {
		accounts.Rows = append(accounts.Rows, console.Text("all accounts", sum(all[c], c)))
	}
	v.Tables = append(v.Tables, states, debts, accounts)
	return v, nil
}

// sum is money as the console's readers, who read English, write it; payments
// whose price is not known have no currency.
func sum(minor int64, c money.Currency) string {
	if c == "" {
		return "no price"
	}
	return money.New(minor, c).Format("en")
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
