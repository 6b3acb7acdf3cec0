package catalog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/money"
)

// maxName is the longest item name Amazon takes (contract: catalog 3).
const maxName = 255

// Refused is a row of an item file that cannot be sold.
type Refused struct {
	Line   int    `json:"line"`  // of the file, from 1
	Field  string `json:"field"` // column at fault
	Value  string `json:"value"` // as in the file
	Reason string `json:"reason"`
}

func (r Refused) String() string {
	return fmt.Sprintf("line %d: %s %.40q: %s", r.Line, r.Field, r.Value, r.Reason)
}

// columns an item file may have, and the heads they are known by.
var columns = map[string][]string{
	"barcode":  {"barcode", "upc", "ean", "gtin", "code", "external_product_id"},
	"name":     {"name", "item_name", "title", "product", "description"},
	"price":    {"price", "standard_price", "amount"},
	"sku":      {"sku", "item_sku"},
	"category": {"category"},
	"tax":      {"tax"},
	"unit":     {"unit"},
}

// ReadItems reads a CSV file of barcode, name and price, in any order of
// columns, with a head; sku, category, tax and unit may stand beside them. A
// row without a SKU gets its barcode as one. Rows that cannot be sold are
// listed and left out; a file that is not such a CSV is an error. Where the
// price is missing, draw makes one from the barcode; without draw the row is
// refused.
func ReadItems(r io.Reader, draw func(barcode string) money.Decimal) ([]price.Item, []Refused, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	in.LazyQuotes = true // names in the wild hold bare quotes
	head, err := in.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return nil, nil, fault.New(fault.Invalid, "item file: %w", err)
	}
	at, err := find(head)
	if err != nil {
		return nil, nil, err
	}
	f := itemFile{at: at, draw: draw, codes: map[string]int{}, skus: map[string]int{}, items: []price.Item{}, refused: []Refused{}}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return f.items, f.refused, nil
		}
		if err != nil {
			return nil, nil, fault.New(fault.Invalid, "item file: %w", err)
		}
		line, _ := in.FieldPos(0)
		f.row(line, row)
	}
}

// find maps our columns to positions in the head.
func find(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		for name, heads := range columns {
			if _, taken := at[name]; !taken && slices.Contains(heads, h) {
				at[name] = i
			}
		}
	}
	if _, ok := at["barcode"]; !ok {
		return nil, fault.New(fault.Invalid, "item file: no column named barcode in the first line (%.80q); a file of items begins with: barcode,name,price", strings.Join(head, ","))
	}
	return at, nil
}

// itemFile is what has been read so far.
type itemFile struct {
	at          map[string]int
	draw        func(string) money.Decimal
	codes, skus map[string]int // line each was first seen in
	items       []price.Item
	refused     []Refused
}

func (f *itemFile) get(row []string, column string) string {
	i, ok := f.at[column]
	if !ok || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

func (f *itemFile) row(line int, row []string) {
	refuse := func(field, format string, args ...any) {
		f.refused = append(f.refused, Refused{line, field, strings.Clone(f.get(row, field)), fmt.Sprintf(format, args...)})
	}
	text := f.get(row, "barcode")
	code, err := price.ParseBarcode(text)
	if err != nil {
		refuse("barcode", "%v", err)
		return
	}
	for _, key := range []string{code.Key, code.Other} {
		if first, taken := f.codes[key]; taken && key != "" {
			refuse("barcode", "is already on line %d", first)
			return
		}
	}
	name := f.get(row, "name")
	switch {
	case name == "":
		refuse("name", "missing")
		return
	case !utf8.ValidString(name):
		refuse("name", "is not UTF-8 text")
		return
	case utf8.RuneCountInString(name) > maxName:
		refuse("name", "has %d characters, more than %d", utf8.RuneCountInString(name), maxName)
		return
	}
	sku := f.get(row, "sku")
	if sku == "" {
		sku = text
	}
	if first, taken := f.skus[sku]; taken {
		refuse("sku", "is already on line %d", first)
		return
	}
	amount, err := f.price(row, text)
	if err != nil {
		refuse("price", "%v", err)
		return
	}
	f.codes[code.Key], f.codes[code.Other], f.skus[strings.Clone(sku)] = line, line, line
	f.items = append(f.items, price.Item{
		SKU: strings.Clone(sku), Name: strings.Clone(name), Barcodes: []string{strings.Clone(text)}, Price: amount,
		Category: strings.Clone(f.get(row, "category")), Tax: strings.Clone(f.get(row, "tax")), Unit: strings.Clone(f.get(row, "unit")),
	})
}

func (f *itemFile) price(row []string, barcode string) (money.Decimal, error) {
	text := f.get(row, "price")
	if text == "" {
		if f.draw == nil {
			return money.Decimal{}, errors.New("missing")
		}
		return f.draw(barcode), nil
	}
	d, err := money.ParseDecimal(text)
	if err == nil && d.Sign() <= 0 {
		err = errors.New("is not above 0")
	}
	return d, err
}

// DrawPrice is a price between 0.49 and 24.39 drawn from a seed and a barcode:
// the same every time, ending in 9 as shelf prices do.
func DrawPrice(seed uint64) func(barcode string) money.Decimal {
	return func(barcode string) money.Decimal {
		h := seed ^ 0xcbf29ce484222325
		for i := range len(barcode) {
			h = (h ^ uint64(barcode[i])) * 0x100000001b3
		}
		h ^= h >> 29
		cheap := int64(h % 5) // four in five cost less than 10
		tens := int64(h>>8) % 95
		if cheap == 0 {
			tens += 145
		}
		return money.DecimalOf(49+10*tens, 2)
	}
}
