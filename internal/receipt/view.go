package receipt

import (
	"strconv"
	"strings"
	"time"
)

// View is a receipt as text, ready to be laid out: every amount is written as
// people of the store's locale do, every time by the store's clock.
type View struct {
	Lang    string // BCP 47 tag of the amounts' locale
	Pending bool
	Store   Store
	Day     string // Friday, 6 March 2026
	Hours   string // 09:30 – 09:41 EST
	Items   string // 3 items
	Lines   []LineView
	Sums    []Row // between the lines and the total
	Total   string
	Taxes   []Row // where prices include tax: what is contained in the total
	Paid    []Row // how it was paid
	Due     *Row  // what is still owed, or is due to staff
	Card    []Row // the card block
	Waiting bool  // details of the card are still being asked for
	Facts   []Row // ids
}

// LineView is one line of the receipt.
type LineView struct {
	Name   string
	Detail string // 2 × $1.50; "" for a single piece
	Amount string // before promotions, fees and tax
	Notes  []Row  // promotions with their amounts, fees
	Marks  string // letters of the taxes on it
}

// Row is a label and its text.
type Row struct {
	Label, Text string
	Mark        string // the letter lines name a tax by
	Minus       bool   // a promotion
	Code        bool   // an identifier, shown in a fixed width
}

// View lays a receipt out as text.
func (r Receipt) View() View {
	c := r.Content
	w := newWriter(c)
	started, ended := c.Started, c.Ended
	if zone, err := time.LoadLocation(c.Store.TimeZone); err == nil {
		started, ended = started.In(zone), ended.In(zone)
	}
	v := View{
		Lang: lang(c.Store.Locale), Pending: r.State == Pending, Store: c.Store,
		Day: ended.Format("Monday, 2 January 2006"), Hours: hours(started, ended),
		Total: w.amount(c.Price.Total), Waiting: r.State == Issued && r.Note == "" && c.Tender == TenderCard,
	}
	pieces := int64(0)
	for _, l := range c.Price.Lines {
		v.Lines = append(v.Lines, w.line(l))
		pieces += max(l.Pieces, 1)
	}
	v.Items = plural(pieces, "item", "items")
	v.Sums, v.Taxes = w.sums(c.Price)
	w.payment(&v, r)
	v.Facts = facts(r)
	return v
}

// payment fills in how the trip was paid.
func (w writer) payment(v *View, r Receipt) {
	c := r.Content
	switch c.Tender {
	case TenderCash:
		v.Due = &Row{Label: "To pay in cash to our staff", Text: w.amount(c.Price.Total)}
		return
	case TenderApp:
		v.Paid = []Row{{Label: "Paid with the payment method in the app", Text: w.amount(c.Captured.Minor)}}
	default:
		v.Paid = []Row{{Label: cardName(r.Card), Text: w.amount(c.Captured.Minor)}}
		v.Card = cardRows(r.Card)
	}
	if c.Outstanding.Minor > 0 {
		v.Due = &Row{Label: "Still to pay", Text: w.amount(c.Outstanding.Minor)}
	}
}

func facts(r Receipt) []Row {
	rows := []Row{}
	add := func(label, text string, code bool) {
		if text != "" {
			rows = append(rows, Row{Label: label, Text: text, Code: code})
		}
	}
	add("On your card statement", r.Card.Statement, true)
	add("Purchase", r.PurchaseID, true)
	add("Store", r.Content.Number, true)
	if r.Content.GroupSize > 1 {
		add("Shopped together", plural(int64(r.Content.GroupSize), "person", "people"), false)
	}
	return rows
}

func hours(from, to time.Time) string {
	zone := to.Format(" MST")
	// A trip within a minute needs no two times.
	if from.Truncate(time.Minute).Equal(to.Truncate(time.Minute)) {
		return to.Format("15:04") + zone
	}
	if from.YearDay() != to.YearDay() || from.Year() != to.Year() {
		return from.Format("2 Jan 15:04") + " – " + to.Format("2 Jan 15:04") + zone
	}
	return from.Format("15:04") + " – " + to.Format("15:04") + zone
}

func lang(locale string) string {
	if locale == "" {
		return "en"
	}
	return strings.ReplaceAll(locale, "_", "-")
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
