package gate

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/strollhq/stroll/money"
)

// Rule is one condition of entry, as data. Rules are tried after debt, flags,
// lists and overrides, and before Amazon's advice.
type Rule struct {
	// Name is shown with each decision; unique in the store.
	Name string `yaml:"name"`
	// When is an expression (expr-lang.org) over Facts that is true or false:
	//   entry == "FINANCIAL" and visits_hour >= 5 and hour >= 22
	When string `yaml:"when"`
	// Then is deny, allow (past Amazon's advice) or adjust. Adjust concerns
	// cards only: for a scanned key such a rule does not fire.
	Then string `yaml:"then"`
	// Amount of the pre-authorization with adjust, in major units.
	Amount money.Decimal `yaml:"amount"`
	// Reason recorded with the decision. Default rule.
	Reason string `yaml:"reason"`
	// Risk told to Amazon when a card is denied. Default none.
	Risk string `yaml:"risk"`
	// Mode is live (default) or shadow: a shadow rule decides nothing, and the
	// decision records what it would have done.
	Mode string `yaml:"mode"`
}

// Facts are what a rule's condition may ask. Amounts are whole minor units of
// the store's currency, so that no fraction is ever rounded.
type Facts struct {
	Store    string `expr:"store"`
	Entry    string `expr:"entry"`    // SCAN_CODE or FINANCIAL
	Location string `expr:"location"` // ENTRY, …; may be empty for a card
	Hour     int    `expr:"hour"`     // 0 to 23 in the store's time zone, of the event
	Minute   int    `expr:"minute"`
	Weekday  string `expr:"weekday"` // monday to sunday
	// Visitor is SHOPPER, ASSOCIATE or CASH_SHOPPER; empty for an unknown
	// bearer of a card.
	Visitor string `expr:"visitor"`
	// VisitsHour and VisitsDay count those admitted in the hour and the 24
	// hours before the event with this visitor's codes, or this card.
	VisitsHour int `expr:"visits_hour"`
	VisitsDay  int `expr:"visits_day"`
	DebtMinor  int `expr:"debt_minor"` // owed
	Debts      int `expr:"debts"`      // number of open debts
	// AmountMinor is the pre-authorization of a card; 0 when not told.
	AmountMinor int    `expr:"amount_minor"`
	Currency    string `expr:"currency"` // of the pre-authorization
	// Risks are Amazon's, under the strategy amazon_recommendation.
	Risks []string `expr:"risks"`
	// Recommended is Amazon's advice: yes, no, or empty.
	Recommended     string `expr:"recommended"`
	EventType       string `expr:"event_type"`       // CREDIT_CARD, …
	InteractionType string `expr:"interaction_type"` // TAP, …
}

// condition is a compiled expression.
type condition struct {
	program *vm.Program
	visits  bool // asks for visits, which cost a query
}

// compile refuses what is not true or false, names a fact there is not, or
// asks the clock: the same event must be judged the same way twice.
func compile(source string) (condition, error) {
	if strings.TrimSpace(source) == "" {
		return condition{}, fmt.Errorf("the condition is missing")
	}
	p, err := expr.Compile(source, expr.Env(Facts{}), expr.AsBool(), expr.WarnOnAny(),
		expr.DisableBuiltin("now"), expr.MaxNodes(2000))
	if err != nil {
		return condition{}, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	names := &identifiers{}
	root := p.Node()
	ast.Walk(&root, names)
	return condition{p, names.visits}, nil
}

// identifiers looks for facts that are computed on demand.
type identifiers struct{ visits bool }

func (i *identifiers) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok {
		switch id.Value {
		case "visits_hour", "visits_day", "$env":
			i.visits = true
		}
	}
}

// holds runs the condition. What goes wrong inside, a panic too, is an error.
func (c condition) holds(f *Facts) (yes bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			yes, err = false, fmt.Errorf("panic: %v", r)
		}
	}()
	out, err := expr.Run(c.program, *f)
	if err != nil {
		return false, err
	}
	yes, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("the condition is neither true nor false")
	}
	return yes, nil
}

func checkRules(f *faultList, s Settings) {
	seen := map[string]bool{}
	for i, r := range s.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		if r.Name == "" || len(r.Name) > maxID {
			f.add(path+".name", "not 1 to %d characters", maxID)
		} else if seen[r.Name] {
			f.add(path+".name", "%.60q is there twice", r.Name)
		}
		seen[r.Name] = true
		f.oneOf(path+".then", r.Then, Deny, Allow, Adjust)
		f.oneOf(path+".mode", r.Mode, Live, Shadow)
		if (r.Then == Adjust) != (r.Amount.Sign() > 0) {
			f.add(path+".amount", "a positive amount belongs to adjust, and to nothing else")
		}
		if !reasonShape.MatchString(r.Reason) {
			f.add(path+".reason", "%.60q is not 1 to 64 of a-z, 0-9, _ and .", r.Reason)
		}
		if _, err := compile(r.When); err != nil {
			f.add(path+".when", "%w", err)
		}
	}
	if w := s.FA.ReducedPreAuth.When; w != "" {
		if _, err := compile(w); err != nil {
			f.add("fa.reduced_pre_auth.when", "%w", err)
		}
	}
}

// ShadowRule is what a rule in shadow mode would have decided.
type ShadowRule struct {
	Rule   string `json:"rule"`
	Then   string `json:"then"`
	Reason string `json:"reason"`
}

// ruled is what came of a store's rules.
type ruled struct {
	rule   *Rule // the live one that fired; nil when none did
	failed bool  // it did so by not being computable
	shadow []ShadowRule
	broken []string // names of the rules that could not be computed
}

// rules tries the rules in order up to the first live one that fires.
func (p *policy) rule(f *Facts) (out ruled) {
	for i := range p.set.Rules {
		r := &p.set.Rules[i]
		if r.Then == Adjust && f.Entry != byCard {
			continue
		}
		yes, err := p.conditions[i].holds(f)
		if err != nil {
			out.broken = append(out.broken, r.Name)
			if p.set.OnRuleError == Deny && r.Mode == Live {
				out.rule, out.failed = r, true
				return out
			}
			continue
		}
		switch {
		case !yes:
		case r.Mode == Shadow:
			out.shadow = append(out.shadow, ShadowRule{r.Name, r.Then, r.Reason})
		default:
			out.rule = r
			return out
		}
	}
	return out
}
