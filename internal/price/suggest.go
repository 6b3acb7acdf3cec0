package price

import (
	"strings"
	"unicode"
)

// Suggestion is an item that a cart may have meant, for the person who decides
// about a bad cart.
type Suggestion struct {
	SKU  string `json:"sku"`
	Name string `json:"name"`
	// Why says what made it a candidate.
	Why string `json:"why"`
}

// maxSuggestions is as many as a person wants to compare.
const maxSuggestions = 5

// Suggest lists items that an unknown reference may mean, the likeliest first,
// at most five: an equal external identifier, a barcode with other padding,
// check digit, two digits swapped or one wrong, a SKU that differs in case,
// signs or zeros, in two characters swapped or in one.
func (b *Book) Suggest(r Ref) []Suggestion {
	s := suggester{b: b, seen: map[int32]bool{}}
	for _, id := range r.External {
		if i, ok := b.findCode(id); ok {
			s.add(i, "external identifier "+id)
		}
	}
	if i, ok := b.findCode(r.ID); ok {
		s.add(i, "its barcode")
	}
	if e := b.entry(r.ID); e != nil {
		s.add(e.no, "its SKU")
	}
	id := strings.TrimSpace(r.ID)
	s.barcode(id)
	s.sku(id)
	for _, id := range r.External {
		s.barcode(strings.TrimSpace(id))
	}
	return s.list
}

type suggester struct {
	b    *Book
	seen map[int32]bool
	list []Suggestion
}

func (s *suggester) add(i int32, why string) {
	if len(s.list) == maxSuggestions || s.seen[i] {
		return
	}
	s.seen[i] = true
	it := s.b.entries[i].item
	s.list = append(s.list, Suggestion{it.SKU, it.Name, why})
}

// barcode tries what scanners, spreadsheets and people do to barcodes.
func (s *suggester) barcode(id string) {
	if len(id) < 3 || len(id) > 18 || strings.Trim(id, "0123456789") != "" {
		return
	}
	body := stripZeros(id)
	try := func(code, why string) {
		if i, ok := s.b.findCode(code); ok {
			s.add(i, why)
		}
	}
	for _, n := range [...]int{12, 13, 14, 8} {
		if len(body) <= n {
			try(strings.Repeat("0", n-len(body))+body, "barcode with other padding")
		}
	}
	try(body, "barcode with other padding")
	for _, n := range [...]int{11, 12, 13, 7} {
		if len(body) <= n {
			code := strings.Repeat("0", n-len(body)) + body
			try(code+string(checkDigit(code)), "barcode without its check digit")
		}
	}
	if len(id) >= 7 {
		try(id[:len(id)-1]+string(checkDigit(id[:len(id)-1])), "barcode with another check digit")
	}
	for _, code := range swaps(id) {
		try(code, "barcode with two digits swapped")
	}
	// A swap next to the check digit and a digit misread both leave a code whose
	// check digit fails, so one digit is tried at a time.
	for i := range id {
		for d := byte('0'); d <= '9'; d++ {
			if d != id[i] {
				try(id[:i]+string(d)+id[i+1:], "barcode with one digit different")
			}
		}
	}
}

// sku tries spellings of a SKU.
func (s *suggester) sku(id string) {
	key := loosen(id)
	if key == "" {
		return
	}
	for i := range s.b.entries {
		if loosen(s.b.entries[i].item.SKU) == key {
			s.add(int32(i), "SKU with other case, signs or zeros")
		}
	}
	for _, other := range swaps(id) {
		if e := s.b.entry(other); e != nil {
			s.add(e.no, "SKU with two characters swapped")
		}
	}
	if len(id) < 3 {
		return
	}
	for i := range s.b.entries {
		if len(s.list) == maxSuggestions {
			return
		}
		if oneEdit(id, s.b.entries[i].item.SKU) {
			s.add(int32(i), "SKU with one character different")
		}
	}
}

// loosen keeps letters and digits in lower case, without zeros around.
func loosen(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s), "0")
}

// swaps lists s with each pair of neighbours exchanged.
func swaps(s string) []string {
	var out []string
	for i := 0; i+1 < len(s); i++ {
		if s[i] != s[i+1] {
			out = append(out, s[:i]+s[i+1:i+2]+s[i:i+1]+s[i+2:])
		}
	}
	return out
}

// oneEdit reports whether one byte more, less or other makes a into b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
