package gate

import (
	"slices"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// cardFacts are all that the decision on a card depends on.
type cardFacts struct {
	*card
	*Facts
	owed             pay.Balance
	flagged, blocked bool
}

// verdict is the decision on a card.
type verdict struct {
	allow    bool
	reason   string
	rule     string // the rule or override behind it
	override string // the override's act
	risks    []string
	adjust   *jwo.AuthorizationMoney
	shadow   []ShadowRule
	broken   []string
}

// maxRisks bounds the risks given back; all of them are considered.
const maxRisks = 32

// answer is the verdict on the wire: conditions only with an admission, risks
// only with a denial.
func (v *verdict) answer() *jwo.ShopperAuthorizationResponse {
	r := &jwo.ShopperAuthorizationResponse{
		ShopperAuthorized: v.allow, AuthorizationConditions: []jwo.AuthorizationCondition{}, ShopperRisks: []string{},
	}
	switch {
	case !v.allow:
		for _, risk := range v.risks[:min(len(v.risks), maxRisks)] {
			r.ShopperRisks = append(r.ShopperRisks, clip(risk))
		}
	case v.adjust != nil:
		r.AuthorizationConditions = append(r.AuthorizationConditions, jwo.AuthorizationCondition{Type: jwo.Adjust, Amount: v.adjust})
	}
	return r
}

// decideCard is the decision table of the contract (entry 8), in its order:
// own debt, own fraud flag, operator's override, rules, Amazon's advice by the
// risk map, reduced pre-authorization, and otherwise yes.
func (p *policy) decideCard(f *cardFacts) (v verdict) {
	risks := f.risks(f.owed.ClearedBefore)
	switch {
	case p.tooMuch(f.owed):
		return verdict{reason: Debt, risks: []string{jwo.RiskBadDebt}}
	case f.flagged:
		return verdict{reason: Fraud, risks: []string{jwo.RiskCustomerFraud}}
	case f.blocked:
		return verdict{reason: BlockListed, risks: []string{jwo.RiskCustomerFraud}}
	}
	if o := p.overrideOf(f); o != nil {
		return o.verdict(f, risks)
	}
	if p.allow.has(f.visitor, f.instrument) {
		return verdict{allow: true, reason: AllowListed}
	}
	r := p.rule(f.Facts)
	defer func() { v.shadow, v.broken = r.shadow, append(r.broken, v.broken...) }()
	if r.rule != nil {
		return ruleVerdict(r, f, risks)
	}
	if denied, why := p.advised(f, risks); denied {
		return verdict{reason: why, risks: risks}
	}
	v = verdict{allow: true, reason: Admitted}
	if f.advice != nil {
		v.reason = Advised
		if v.adjust = f.adviceAmount(); v.adjust != nil {
			v.reason = AdvisedAdjust
			return v
		}
	}
	return p.reduce(f, v)
}

// risks are those Amazon names. A bad debt that our ledger shows as paid off is
// out of date.
func (f *cardFacts) risks(cleared bool) []string {
	if f.advice == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(f.advice.ShopperRisks), func(r string) bool { return cleared && r == jwo.RiskBadDebt })
}

// advised follows Amazon's advice by the risk map: a risk mapped to deny
// denies; while a risk follows, or none was named, the recommendation's own
// answer counts; risks that are all allowed, or out of date, do not stand
// against anybody.
func (p *policy) advised(f *cardFacts, risks []string) (denied bool, reason string) {
	if f.advice == nil {
		return false, ""
	}
	follow := len(f.advice.ShopperRisks) == 0
	for _, r := range risks {
		act, ok := p.set.FA.Risks[r]
		if !ok {
			act = p.set.FA.Risks[OtherRisk]
		}
		switch act {
		case Deny:
			return true, Risk
		case Follow:
			follow = true
		}
	}
	if yes := f.advice.ShopperAuthorized; follow && yes != nil && !*yes {
		return true, Advised
	}
	return false, ""
}

// reduce applies the store's reduced pre-authorization.
func (p *policy) reduce(f *cardFacts, v verdict) verdict {
	set := p.set.FA.ReducedPreAuth
	if set.Amount.Sign() <= 0 {
		return v
	}
	if set.When != "" {
		yes, err := p.reduced.holds(f.Facts)
		if err != nil {
			v.broken = append(v.broken, "fa.reduced_pre_auth")
		}
		if !yes {
			return v
		}
	}
	if v.adjust = ownAmount(set.Amount, f.amount); v.adjust != nil {
		v.reason = Reduced
	}
	return v
}

func (p *policy) overrideOf(f *cardFacts) *Override {
	for i := range p.set.FA.Overrides {
		o := &p.set.FA.Overrides[i]
		if o.Instrument != "" && o.Instrument != f.instrument {
			continue
		}
		if o.Risk == "" || f.advice != nil && slices.Contains(f.advice.ShopperRisks, o.Risk) {
			return o
		}
	}
	return nil
}

func (o *Override) verdict(f *cardFacts, risks []string) verdict {
	v := verdict{allow: true, reason: OverrideAccept, override: o.Act, rule: o.By}
	switch o.Act {
	case Deny:
		v.allow, v.reason, v.risks = false, OverrideDeny, risks
	case Adjust:
		v.reason, v.adjust = OverrideAdjust, ownAmount(o.Amount, f.amount)
	}
	return v
}

func ruleVerdict(r ruled, f *cardFacts, risks []string) verdict {
	v := verdict{allow: true, reason: r.rule.Reason, rule: r.rule.Name}
	switch {
	case r.failed:
		v.allow, v.reason, v.risks = false, RuleFailed, risks
	case r.rule.Then == Deny:
		v.allow, v.risks = false, risks
		if r.rule.Risk != "" {
			v.risks = []string{r.rule.Risk}
		}
	case r.rule.Then == Adjust:
		v.adjust = ownAmount(r.rule.Amount, f.amount)
	}
	return v
}

// ownAmount is our own condition: positive, in the currency of what was
// authorized and below it, or none (contract: entry 7.3).
func ownAmount(amount money.Decimal, authorized *jwo.AuthorizationMoney) *jwo.AuthorizationMoney {
	held, err := authorized.Money()
	if err != nil {
		return nil
	}
	own, err := money.Exact(amount, held.Currency)
	if err != nil || own.Minor <= 0 || own.Cmp(held) >= 0 {
		return nil
	}
	return jwo.AuthorizationAmount(own)
}

// adviceAmount is the first amount Amazon recommends that is positive and in
// the currency of what was authorized, digit for digit as it came; nil when
// there is none.
func (c *card) adviceAmount() *jwo.AuthorizationMoney {
	if c.advice == nil {
		return nil
	}
	for _, x := range c.advice.AuthorizationConditions {
		if x.Type != jwo.Adjust || x.Amount == nil {
			continue
		}
		value, err := x.Amount.Value.Decimal()
		same := c.amount == nil || c.amount.CurrencyCode == x.Amount.CurrencyCode
		if err == nil && value.Sign() > 0 && same {
			return x.Amount
		}
	}
	return nil
}
