package receipt_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/money"
)

func sample(t testing.TB) receipt.Receipt {
	started := time.Date(2026, 3, 6, 14, 30, 0, 0, time.UTC)
	return receipt.Receipt{
		Token: "abcdefghijklmnopqrstuvwxyz", TripID: "t1", StoreID: "store-1", PurchaseID: "0198c2b4-77aa-7000-8000-000000000001", State: receipt.Complete,
		Content: receipt.Content{
			Store: receipt.Store{Name: "Gate 12 Market", Address: []string{"Terminal B", "Newark, NJ"}, Locale: "en-US", TimeZone: "America/New_York"}, Number: "0042",
			Started: started, Ended: started.Add(11 * time.Minute), GroupSize: 2, Price: *result(t), Tender: receipt.TenderCard,
			Captured: money.New(1509, "USD"), Outstanding: money.New(0, "USD"),
		},
		Card: receipt.Card{Brand: "VISA", Last4: "4242", EntryMode: "EMV_9F39_07", AID: "A0000000031010", AuthResponse: "00", CVM: "1F0302", Terminal: "T-17", Cryptogram: "40", Statement: "stmt-99"},
	}
}

// words is the text of a receipt's HTML, which must be well formed.
func words(t *testing.T, r receipt.Receipt) string {
	t.Helper()
	html, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(strings.NewReader(string(html)))
	dec.Entity = xml.HTMLEntity
	var b strings.Builder
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return strings.Join(strings.Fields(b.String()), " ")
		}
		if err != nil {
			t.Fatalf("%v in %s", err, html)
		}
		if text, ok := tok.(xml.CharData); ok {
			b.Write(text)
			b.WriteByte(' ')
		}
	}
}

func has(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

func TestReceiptShowsWhatWasBoughtAndPaid(t *testing.T) {
	t.Parallel()
	has(t, words(t, sample(t)),
		"Gate 12 Market", "Terminal B", "Newark, NJ", "Friday, 6 March 2026", "09:30 – 09:41 EST", "4 items",
		"Cola <b>0.5 l</b> A 2 × $1.50 $3.00", "Bottle deposit +$0.10", "Cheese roll A B $7.25", "Members' lunch −$0.73",
		"Apples 1.125 lb × $3.99 per lb $4.49", "Subtotal $14.74", "Savings −$0.73", "Deposits and fees $0.10",
		"NY sales tax 8.875% of $9.52 A $0.85", "City tax 2% of $6.52 B $0.13", "Total $15.09", "Visa •••• 4242 $15.09",
		"Read by Contactless", "Application (AID) A0000000031010", "Authorization response 00", "Cardholder verification 1F0302", "Cryptogram TC 40", "Terminal T-17",
		"On your card statement stmt-99", "Purchase 0198c2b4-77aa-7000-8000-000000000001", "Store 0042", "Shopped together 2 people")
}

func TestReceiptOfAPartialPayment(t *testing.T) {
	t.Parallel()
	r := sample(t)
	r.Content.Captured, r.Content.Outstanding = money.New(1000, "USD"), money.New(509, "USD")
	has(t, words(t, r), "Total $15.09", "Visa •••• 4242 $10.00", "Still to pay $5.09")
}

func TestReceiptOfACashShopper(t *testing.T) {
	t.Parallel()
	r := sample(t)
	r.Content.Tender, r.Content.Captured, r.Card = receipt.TenderCash, money.New(0, "USD"), receipt.Card{}
	text := words(t, r)
	has(t, text, "To pay in cash to our staff $15.09")
	if strings.Contains(text, "••••") || strings.Contains(text, "Still to pay") {
		t.Error(text)
	}
}

func TestReceiptBeforeTheCardIsKnown(t *testing.T) {
	t.Parallel()
	r := sample(t)
	r.State, r.Card = receipt.Issued, receipt.Card{}
	has(t, words(t, r), "Card $15.09", "still on their way")
	r.Note = "given up"
	if text := words(t, r); strings.Contains(text, "on their way") || strings.Contains(text, "given up") {
		t.Error(text)
	}
	r.State = receipt.Pending
	text := words(t, r)
	has(t, text, "Your receipt is being made", "4 items", "$15.09")
	if strings.Contains(text, "Cola") || strings.Contains(text, "Payment") {
		t.Errorf("pending: %s", text)
	}
}

func TestReceiptWhosePricesIncludeTax(t *testing.T) {
	t.Parallel()
	r := sample(t)
	r.Content.Price = price.Result{Currency: "EUR", TaxIncluded: true, SubTotal: 1190, TaxTotal: 190, Total: 1190,
		Lines: []price.Line{{No: 1, SKU: "BUCH", Quantity: money.MustDecimal("1"), Pieces: 1, PriceUnit: "each", UnitPrice: money.MustDecimal("11.90"), Price: 1190, Taxes: []price.TaxPart{{ID: "vat", Rate: "19", Base: 1000, Amount: 190}}, Tax: 190, TaxIncluded: true, Total: 1190}},
		Taxes: []price.TaxPart{{ID: "vat", Name: "VAT", Rate: "19", Base: 1000, Amount: 190}}}
	r.Content.Captured, r.Content.Outstanding = money.New(1190, "EUR"), money.New(0, "EUR")
	r.Content.Store.Locale, r.Content.Store.TimeZone = "de-DE", "Europe/Berlin"
	text := words(t, r)
	has(t, text, "BUCH A 11,90 €", "Contained in it", "VAT 19% of 10,00 € A 1,90 €", "15:30 – 15:41 CET")
	if strings.Contains(text, "Subtotal") {
		t.Error(text)
	}
}

func TestReceiptOfAYenStoreAndAnEmptyPrice(t *testing.T) {
	t.Parallel()
	r := sample(t)
	r.Content.Price = price.Result{Currency: "JPY", SubTotal: 150, Total: 150, Lines: []price.Line{{No: 1, Name: "お茶", Quantity: money.MustDecimal("300"), Unit: "ml", Pieces: 1,
		UnitPrice: money.MustDecimal("0.5"), PriceUnit: "ml", Price: 150, Total: 150}}}
	r.Content.Captured, r.Content.Outstanding = money.New(150, "JPY"), money.New(0, "JPY")
	has(t, words(t, r), "お茶 300 ml × 0.5 JPY per ml ¥150", "Total ¥150")
	r.Content.Price.Lines = nil
	has(t, words(t, r), "Nothing to pay for")
}

func TestReceiptOfASpreadPromotion(t *testing.T) {
	t.Parallel()
	r := sample(t)
	p := &r.Content.Price
	p.PromotionsTotal, p.Total = 173, 1409
	p.Lines[0].Promotions = []price.Applied{{ID: "w", Name: "Welcome gift", Amount: 60}}
	p.Lines[2].Promotions = []price.Applied{{ID: "w", Name: "Welcome gift", Amount: 40}}
	p.Lines[2].UnitPrice = money.MustDecimal("3.9915")
	text := words(t, r)
	has(t, text, "Members' lunch −$0.73", "Subtotal $14.74 Savings on items −$0.73 Welcome gift −$1.00", "1.125 lb × $3.9915 per lb")
	if strings.Count(text, "Welcome gift") != 1 {
		t.Errorf("a promotion of the whole cart is shown on its lines: %s", text)
	}
	r.Content.Store.Locale, p.Currency = "de-DE", "EUR"
	has(t, words(t, r), "1.125 lb × 3,9915 € per lb")
}
