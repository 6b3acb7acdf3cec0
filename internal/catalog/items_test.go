package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/catalog"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/money"
)

func TestReadItems(t *testing.T) {
	t.Parallel()
	file := "\ufeffName,Barcode,Price,Category\n" +
		"Milk,0041250102694,1.29,dairy\n" + // UPC padded to 13: fine
		"Milk again,041250102694,1.29,\n" + // the same product, unpadded
		"Short,12,1.00,\n" +
		"Typo,0041250102695,1.00,\n" +
		",4006381333931,1.00,\n" +
		"Free,4006381333931,0,\n" +
		"Dear,4006381333931,abc,\n" +
		"Pen \"fine\",4006381333931,2.50,\n" +
		strings.Repeat("é", 256) + ",96385074,1,\n" +
		"No price,96385074,,\n"
	items, refused, err := catalog.ReadItems(strings.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names, why []string
	for _, it := range items {
		names = append(names, it.SKU+" "+it.Name+" "+it.Price.String()+" "+it.Category)
	}
	for _, r := range refused {
		why = append(why, r.String())
	}
	if d := cmp.Diff([]string{"0041250102694 Milk 1.29 dairy", `4006381333931 Pen "fine" 2.50 `}, names); d != "" {
		t.Error(d)
	}
	for i, want := range []string{
		"line 3: barcode \"041250102694\": is already on line 2",
		"line 4: barcode \"12\": has 2 digits",
		"line 5: barcode \"0041250102695\": check digit is 4, not 5",
		"line 6: name \"\": missing",
		"line 7: price \"0\": is not above 0",
		"line 8: price \"abc\": ",
		"line 10: name ", // 256 characters
		"line 11: price \"\": missing",
	} {
		if i >= len(why) || !strings.HasPrefix(why[i], want) {
			t.Errorf("refusal %d of %d does not begin with %q: %q", i, len(why), want, why)
		}
	}
}

func TestReadItemsDrawsMissingPrices(t *testing.T) {
	t.Parallel()
	const file = "barcode,name\n0041250102694,Milk\n4006381333931,Pen\n"
	read := func(seed uint64) string {
		items, refused, err := catalog.ReadItems(strings.NewReader(file), catalog.DrawPrice(seed))
		if err != nil || len(refused) > 0 || len(items) != 2 {
			t.Fatal(items, refused, err)
		}
		for _, it := range items {
			if a, err := money.Exact(it.Price, "USD"); err != nil || a.Minor < 49 || a.Minor > 2439 || a.Minor%10 != 9 {
				t.Errorf("price %s", it.Price)
			}
		}
		return items[0].Price.String() + " " + items[1].Price.String()
	}
	if read(1) != read(1) {
		t.Error("one seed drew two prices")
	}
	if read(1) == read(2) && read(2) == read(3) {
		t.Error("the seed does not matter")
	}
}

func TestReadItemsRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "name,price\nMilk,1\n", "\x00\x01", "<html>\n"} {
		if _, _, err := catalog.ReadItems(strings.NewReader(file), nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", file, err)
		}
	}
}
