package jwosim

import (
	"cmp"
	"slices"
	"strings"
)

// MagicShopper is a shopper id that Get Shopper Identity answers in one way,
// in every simulator; NAME-anything is another shopper of the kind. A visitor
// id of the retailer's that is a magic card's name (NAME or NAME#anything)
// pays with such a card at app entry.
type MagicShopper struct {
	Name    string `json:"name"`
	Explain string `json:"explain"`

	answer map[string]any
}

// MagicShoppers lists the magic shopper ids by name.
func MagicShoppers() []MagicShopper {
	list := slices.Clone(magicShoppers)
	slices.SortFunc(list, func(a, b MagicShopper) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

var magicShoppers = []MagicShopper{
	{"email_known", "an e-mail", map[string]any{"shopperEmail": "shopper@example.com"}},
	{"email_absent", "200 without the field", map[string]any{}},
	{"email_null", "200 with null", map[string]any{"shopperEmail": nil}},
	{"email_empty", "200 with an empty text", map[string]any{"shopperEmail": ""}},
	{"email_ill_formed", "200 with a text that is no address", map[string]any{"shopperEmail": "nobody at example"}},
	{"email_too_long", "200 with an address of more than 128 characters", map[string]any{"shopperEmail": strings.Repeat("a", 128) + "@example.com"}},
	{"email_more_fields", "200 with an e-mail among fields that do not exist yet", map[string]any{
		"shopperEmail": "shopper@example.com", "loyalty": map[string]any{"tiers": []string{"gold"}}, "verified": true}},
}

// magicShopper finds the answer that a shopper id forces.
func magicShopper(id string) (map[string]any, bool) {
	name, _, _ := strings.Cut(id, "-")
	i := slices.IndexFunc(magicShoppers, func(m MagicShopper) bool { return m.Name == name })
	if i < 0 {
		return nil, false
	}
	return magicShoppers[i].answer, true
}
