package gate

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/strollhq/stroll/jwo"
)

func checkOpaque(f *faultList, keys []OpaqueKey) {
	seen := map[string]bool{}
	for i, k := range keys {
		path := fmt.Sprintf("opaque_keys[%d]", i)
		sum, err := k.sum()
		if err != nil {
			f.add(path, "%w", err)
		} else if seen[sum] {
			f.add(path, "the same key is there twice")
		}
		seen[sum] = true
		if k.Visitor == "" || len(k.Visitor) > maxID {
			f.add(path+".visitor", "not 1 to %d characters", maxID)
		}
		f.oneOf(path+".type", k.Type, jwo.Shopper, jwo.Associate, jwo.CashShopper)
	}
}

// sum is the hash the key is found by.
func (k OpaqueKey) sum() (string, error) {
	if (k.Key == "") == (k.SHA256 == "") {
		return "", errors.New("either key or sha256 must be there")
	}
	if k.Key != "" {
		if len(k.Key) > maxKey {
			return "", fmt.Errorf("longer than %d bytes, the most Amazon can send", maxKey)
		}
		return hash(k.Key), nil
	}
	sum := strings.ToLower(k.SHA256)
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		return "", errors.New("sha256 is not 64 hexadecimal digits")
	}
	return sum, nil
}
