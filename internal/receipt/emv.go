package receipt

import "strings"

// entryModes puts EMV tag 9F39 into words (contract: payments 6). Amazon
// writes EMV_9F39_07; the number alone is read too.
var entryModes = map[string]string{
	"02": "Magnetic stripe",
	"05": "Chip",
	"07": "Contactless",
	"80": "Magnetic stripe, chip not read",
	"90": "Magnetic stripe",
}

func modeNumber(mode string) string { return strings.TrimPrefix(mode, "EMV_9F39_") }

// chip reports a card read by its chip, which has an application id.
func chip(mode string) bool {
	n := modeNumber(mode)
	return n == "05" || n == "07"
}

// modeWords is the entry mode for people; a value we do not know is shown as
// it came.
func modeWords(mode string) string {
	if words, ok := entryModes[modeNumber(mode)]; ok {
		return words
	}
	return mode
}

// cryptograms are the kinds a receipt shows beside the AID, by the first two
// bits of the cryptogram information data.
func cryptogram(cid string) string {
	switch {
	case cid == "":
		return ""
	case len(cid) == 2 && strings.ContainsRune("4567", rune(cid[0])):
		return "TC " + cid
	case len(cid) == 2 && strings.ContainsRune("89abAB", rune(cid[0])):
		return "ARQC " + cid
	case len(cid) == 2 && strings.ContainsRune("0123", rune(cid[0])):
		return "AAC " + cid
	}
	return cid
}

// brands are the names people know a card by.
var brands = map[string]string{
	"VISA": "Visa", "MASTERCARD": "Mastercard", "AMEX": "American Express", "AMERICANEXPRESS": "American Express",
	"DISCOVER": "Discover", "DINERS": "Diners Club", "DINERSCLUB": "Diners Club", "JCB": "JCB", "UNIONPAY": "UnionPay",
	"MAESTRO": "Maestro",
}

// cardName is "Visa •••• 4242", as far as it is known.
func cardName(c Card) string {
	name := or(c.Brand, "Card")
	if known, ok := brands[strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToUpper(name))]; ok {
		name = known
	}
	if c.Last4 != "" {
		name += " •••• " + c.Last4
	}
	return name
}

func cardRows(c Card) []Row {
	var rows []Row
	for _, r := range []Row{
		{Label: "Read by", Text: modeWords(c.EntryMode)},
		{Label: "Application (AID)", Text: c.AID, Code: true},
		{Label: "Authorization response", Text: c.AuthResponse, Code: true},
		{Label: "Cardholder verification", Text: c.CVM, Code: true},
		{Label: "Cryptogram", Text: cryptogram(c.Cryptogram), Code: true},
		{Label: "PAN sequence", Text: c.PANSequence, Code: true},
		{Label: "Terminal", Text: c.Terminal, Code: true},
	} {
		if r.Text != "" {
			rows = append(rows, r)
		}
	}
	return rows
}
