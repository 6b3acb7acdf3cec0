package price

import "strings"

// check lists what is wrong with the rule.
func (r SKURule) check(f *faults) {
	f.oneOf("sku.case", r.Case, "", "keep", "upper", "lower")
	f.oneOf("sku.trim_zeros", r.TrimZeros, "", "none", "leading", "trailing", "both")
	f.oneOf("sku.pad_side", r.PadSide, "", "left", "right")
	if r.Pad < 0 || r.Pad > 255 {
		f.add("sku.pad", "is %d, not a length of 0 to 255", r.Pad)
	}
}

// key is the comparable form of a SKU. It does not allocate when the rule is
// empty.
func (r SKURule) key(s string) string {
	s = strings.TrimSpace(s)
	switch r.Case {
	case "upper":
		s = strings.ToUpper(s)
	case "lower":
		s = strings.ToLower(s)
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, r.TrimPrefix), r.TrimSuffix)
	if r.TrimZeros == "leading" || r.TrimZeros == "both" {
		s = stripZeros(s)
	}
	if r.TrimZeros == "trailing" || r.TrimZeros == "both" {
		for len(s) > 1 && s[len(s)-1] == '0' {
			s = s[:len(s)-1]
		}
	}
	if missing := r.Pad - len(s); missing > 0 && s != "" {
		zeros := strings.Repeat("0", missing)
		if r.PadSide == "right" {
			return s + zeros
		}
		return zeros + s
	}
	return s
}
