package jwosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/strollhq/stroll/money"
)

type answerRule struct {
	StrictRule
	apis    []string
	success bool // of 2xx answers alone
	broken  func(call, answer) string
}

func ofAnswer(name, refuses, source string, apis []string, broken func(call, answer) string) answerRule {
	return answerRule{StrictRule{name, "answer", refuses, source}, apis, name != "answer-status", broken}
}

const (
	identityAPI  = "VerifyIdentityKeys"
	authorizeAPI = "GetShopperAuthorization"
	purchasesAPI = "CreatePurchases"
)

// answerRules in the order they are tried.
var answerRules = []answerRule{
	ofAnswer("answer-status", "another success than 200 (gates) and 201 (carts), or a refusal the contract does not list", "entry 3.3, 7.4; ordering 2.2, 2.5 [D]",
		outgoing, func(c call, a answer) string {
			if !slices.Contains(answerStatuses[c.api], a.status) {
				return fmt.Sprintf("status %d", a.status)
			}
			return ""
		}),
	ofAnswer("answer-content-type", "a success that is not application/json", "entry 2, ordering 2.1 [A]",
		outgoing, func(_ call, a answer) string { return isJSON(a.kind) }),
	ofAnswer("answer-unknown-field", "a field the contract does not name, or one that is there twice", "entry 3.2, 7.3; ordering 2.2",
		outgoing, func(c call, a answer) string {
			if name := twice(a.body); name != "" {
				return fmt.Sprintf("%.60q is there twice", name)
			}
			return unknown(tree(a.body), answerFields[c.api])
		}),
	ofAnswer("answer-visitor-id", "a visitor's id that is blank or longer than 255", "entry 3.2 [A]",
		[]string{identityAPI}, func(_ call, a answer) string {
			m, _ := tree(a.body).(map[string]any)
			v, _ := m["visitorDetails"].(map[string]any)
			id, _ := v["id"].(string)
			if strings.TrimSpace(id) == "" || len([]rune(id)) > 255 {
				return fmt.Sprintf("the id has %d characters", len([]rune(id)))
			}
			return ""
		}),
	ofAnswer("answer-lists", "an authorization without authorizationConditions or shopperRisks, empty ones included", "entry 7.3 [A]",
		[]string{authorizeAPI}, func(_ call, a answer) string {
			m, _ := tree(a.body).(map[string]any)
			for _, name := range []string{"authorizationConditions", "shopperRisks"} {
				if _, isList := m[name].([]any); !isList {
					return name + " is no list"
				}
			}
			return ""
		}),
	ofAnswer("answer-adjust", "an ADJUST with a denial, of nothing, above the hold, in another currency or with other decimals", "entry 7.3 [A]",
		[]string{authorizeAPI}, brokenAdjust),
	ofAnswer("answer-purchase-id", "a purchase id that is longer than 255 or has other characters than 0-9 A-Z a-z _ -; an empty one for a cart with lines", "ordering 2.2, 2.3 [A]",
		[]string{purchasesAPI}, func(c call, a answer) string {
			m, _ := tree(a.body).(map[string]any)
			id, _ := m["purchaseId"].(string)
			if !purchaseIDs.MatchString(id) || (id == "") != c.empty {
				return fmt.Sprintf("purchaseId is %.60q", id)
			}
			return ""
		}),
}

var purchaseIDs = regexp.MustCompile(`^[0-9A-Za-z_-]{0,255}$`)

// answerStatuses are the documented ones, and those of every connector.
var answerStatuses = map[string][]int{
	identityAPI:  {200, 400, 401, 403, 404, 405, 429, 500, 503},
	authorizeAPI: {200, 400, 403, 404, 405, 429, 500, 503},
	purchasesAPI: {http.StatusCreated, 400, 403, 404, 405, 429, 500, 503},
}

// answerFields are the documented fields of a success, by path.
var answerFields = map[string][]string{
	identityAPI: {"visitorDetails", "visitorDetails.id", "visitorDetails.type"},
	authorizeAPI: {"shopperAuthorized", "shopperRisks", "authorizationConditions", "authorizationConditions.type",
		"authorizationConditions.amount", "authorizationConditions.amount.value", "authorizationConditions.amount.currencyCode"},
	purchasesAPI: {"purchaseId"},
}

func brokenAdjust(c call, a answer) string {
	v, err := readAuthorization(a.body)
	if err != nil {
		return "" // it is found unreadable
	}
	got := v.(authorization)
	hold := c.trip.store.PreAuth
	for _, cond := range got.Conditions {
		switch n := cond.Amount.Value.String(); {
		case cond.Type != "ADJUST":
			return fmt.Sprintf("condition %.30q", cond.Type)
		case !*got.ShopperAuthorized:
			return "a condition with a denial"
		case cond.amount.Currency != hold.Currency || cond.amount.Minor <= 0 || cond.amount.Minor > hold.Minor:
			return fmt.Sprintf("ADJUST to %s of %s", cond.amount, hold)
		case n != money.New(cond.amount.Minor, hold.Currency).Number():
			return fmt.Sprintf("ADJUST to %.30s is not written with the decimals of %s", n, hold.Currency)
		}
	}
	return ""
}

// tree is a body as maps and lists, nil when it is no JSON.
func tree(body []byte) any {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}
