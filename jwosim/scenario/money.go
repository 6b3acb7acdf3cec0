package scenario

import (
	"encoding/json"

	"github.com/strollhq/stroll/jwosim"
	"github.com/strollhq/stroll/money"
)

// minor reads a number of the store's currency.
func (st *Stage) minor(number string) (int64, bool) {
	a, err := money.ParseAmount(number, st.store.Currency)
	return a.Minor, err == nil
}

// named is the amount a payment call names, and whether it is well-formed: a
// number of the store's currency with no more decimals than that has.
func (st *Stage) named(e jwosim.Exchange) (int64, bool) {
	var b struct {
		Amount struct {
			Amount json.Number `json:"amount"`
			Code   string      `json:"code"`
		} `json:"amount"`
	}
	if json.Unmarshal([]byte(e.Request), &b) != nil || b.Amount.Code != string(st.store.Currency) {
		return 0, false
	}
	return st.minor(b.Amount.Amount.String())
}
