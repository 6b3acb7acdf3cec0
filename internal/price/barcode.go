package price

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of barcode (contract: catalog 4).
const (
	UPC  = "UPC"
	EAN  = "EAN"
	EAN8 = "EAN8"
	GTIN = "GTIN"
	ISBN = "ISBN"
	PLU  = "PLU"
)

// Barcode is a valid code.
type Barcode struct {
	// Kind by length and check digit. Eight digits that are valid both as EAN-8
	// and as UPC-E count as EAN8.
	Kind string
	// Text is the code as written, without surrounding spaces.
	Text string
	// Key is equal for codes that name the same product: a UPC, its EAN-13 and
	// GTIN-14 with leading zeros, its UPC-E and an ISBN with its 978 form.
	Key string
	// Other is the second key of eight digits that are valid in both ways, or
	// empty.
	Other string
}

// ParseBarcode reads UPC (12 digits or 8), EAN-8, EAN-13, GTIN-14, ISBN-10 and
// PLU (3 to 6 digits), with check digits where the kind has one.
func ParseBarcode(s string) (Barcode, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Barcode{}, errors.New("empty")
	}
	if strings.Trim(s, "0") == "" {
		return Barcode{}, errors.New("is all zeros: a placeholder, not a code")
	}
	if len(s) == 10 {
		return isbn(s)
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return Barcode{}, fmt.Errorf("%.20q holds more than digits", s)
		}
	}
	switch len(s) {
	case 3, 4, 5, 6:
		return Barcode{Kind: PLU, Text: s, Key: "plu " + stripZeros(s)}, nil
	case 8:
		return eight(s)
	case 12:
		return gtin(UPC, s)
	case 13:
		return gtin(EAN, s)
	case 14:
		return gtin(GTIN, s)
	}
	return Barcode{}, fmt.Errorf("has %d digits; barcodes have 3 to 6, 8, 10, 12, 13 or 14", len(s))
}

func gtin(kind, s string) (Barcode, error) {
	if want := checkDigit(s[:len(s)-1]); s[len(s)-1] != want {
		return Barcode{}, fmt.Errorf("check digit is %c, not %c", want, s[len(s)-1])
	}
	return Barcode{Kind: kind, Text: s, Key: pad14(s)}, nil
}

func eight(s string) (Barcode, error) {
	short, errShort := gtin(EAN8, s)
	long := expand(s)
	if long == "" || checkDigit(long[:11]) != s[7] {
		return short, errShort
	}
	if errShort != nil {
		return Barcode{Kind: UPC, Text: s, Key: pad14(long)}, nil
	}
	if key := pad14(long); key != short.Key {
		short.Other = key
	}
	return short, nil
}

// expand writes eight digits of UPC-E as UPC-A, or nothing when they cannot be
// UPC-E, whose number system is 0 or 1.
func expand(s string) string {
	if s[0] > '1' {
		return ""
	}
	d := s[1:7]
	var body string
	switch d[5] {
	case '0', '1', '2':
		body = d[:2] + d[5:6] + "0000" + d[2:5]
	case '3':
		body = d[:3] + "00000" + d[3:5]
	case '4':
		body = d[:4] + "00000" + d[4:5]
	default:
		body = d[:5] + "0000" + d[5:6]
	}
	return s[:1] + body + s[7:]
}

func isbn(s string) (Barcode, error) {
	sum := 0
	for i := range 10 {
		v := int(s[i]) - '0'
		if i == 9 && (s[i] == 'X' || s[i] == 'x') {
			v = 10
		} else if v < 0 || v > 9 {
			return Barcode{}, fmt.Errorf("%.20q is not an ISBN: holds more than digits", s)
		}
		sum += v * (10 - i)
	}
	if sum%11 != 0 {
		return Barcode{}, fmt.Errorf("check digit of the ISBN is %c, not %c", isbnDigit(s[:9]), s[9])
	}
	long := "978" + s[:9]
	return Barcode{Kind: ISBN, Text: s, Key: pad14(long + string(checkDigit(long)))}, nil
}

func isbnDigit(s string) byte {
	sum := 0
	for i := range 9 {
		sum += int(s[i]-'0') * (10 - i)
	}
	return "0123456789X"[(11-sum%11)%11]
}

// checkDigit is the modulo 10 digit after s: weights 3 and 1 from the right.
func checkDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			v *= 3
		}
		sum += v
	}
	return byte('0' + (10-sum%10)%10)
}

func pad14(s string) string { return "00000000000000"[:14-len(s)] + s }

func stripZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}
