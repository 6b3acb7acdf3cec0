package price

// figures are the fields of a Promotion that not every kind uses.
type figures struct {
	name string
	set  func(p *Promotion) bool
}

var figureList = []figures{
	{"percent", func(p *Promotion) bool { return !p.Percent.IsZero() }},
	{"amount", func(p *Promotion) bool { return !p.Amount.IsZero() }},
	{"price", func(p *Promotion) bool { return !p.Price.IsZero() }},
	{"per", func(p *Promotion) bool { return p.Per != "" }},
	{"count", func(p *Promotion) bool { return p.Count != 0 }},
	{"pay", func(p *Promotion) bool { return p.Pay != 0 }},
	{"buy", func(p *Promotion) bool { return p.Buy != 0 }},
	{"get", func(p *Promotion) bool { return p.Get != 0 }},
	{"get_for", func(p *Promotion) bool { return p.GetFor != nil }},
	{"favour", func(p *Promotion) bool { return p.Favour != "" }},
	{"parts", func(p *Promotion) bool { return len(p.Parts) > 0 }},
	{"spend", func(p *Promotion) bool { return !p.Spend.IsZero() }},
	{"repeat", func(p *Promotion) bool { return p.Repeat }},
}

// kind says which figures a kind uses, and which of the three rewards it may
// have: exactly one, or none where free is the default.
type kind struct {
	uses, rewards []string
	optional      bool
}

var kinds = map[string]kind{
	Percentage:  {rewards: []string{"percent"}},
	FixedAmount: {rewards: []string{"amount"}, uses: []string{"per"}},
	FixedPrice:  {rewards: []string{"price"}},
	NForM:       {rewards: []string{"price"}, uses: []string{"count", "pay", "favour"}, optional: true},
	BuyXGetY: {rewards: []string{"percent", "amount", "price"}, optional: true,
		uses: []string{"buy", "get", "get_for", "favour"}},
	Bundle:    {rewards: []string{"percent", "amount", "price"}, uses: []string{"parts"}},
	Threshold: {rewards: []string{"percent", "amount"}, uses: []string{"spend", "repeat"}},
	HappyHour: {rewards: []string{"percent", "amount", "price"}},
}

// figures checks the figures of a promotion against its kind and fills in its
// reward.
func (c *compiler) figures(i int, p Promotion, r *promo) {
	field := func(name string) string { return at("promotions", i, name) }
	k, ok := kinds[p.Kind]
	if !ok {
		c.oneOf(field("kind"), p.Kind, Percentage, FixedAmount, FixedPrice, NForM, BuyXGetY, Bundle, Threshold, HappyHour)
		return
	}
	rewards := 0
	for _, f := range figureList {
		if !f.set(&p) {
			continue
		}
		switch {
		case containsString(k.rewards, f.name):
			rewards++
		case !containsString(k.uses, f.name):
			c.add(field(f.name), "does not go with %s", p.Kind)
		}
	}
	if rewards > 1 || rewards == 0 && !k.optional {
		c.add(field(""), "%s needs exactly one of %v", p.Kind, k.rewards)
	}
	r.reward = c.reward(i, p)
	c.oneOf(field("per"), p.Per, "", "piece", "line", "cart")
	c.oneOf(field("favour"), p.Favour, "", "store", "shopper")
	switch p.Kind {
	case NForM:
		if p.Count < 2 || p.Count > 1000 {
			c.add(field("count"), "is %d, not 2 to 1000", p.Count)
		}
		if p.Pay < 0 || p.Pay >= p.Count || (p.Pay == 0) == p.Price.IsZero() {
			c.add(field("pay"), "needs either pay, from 1 to count − 1, or price")
		}
		if p.Pay == 0 && p.Favour != "" {
			c.add(field("favour"), "goes with pay only: sets at a price always favour the shopper")
		}
	case BuyXGetY:
		if r.buy < 1 || r.take < 1 || r.buy > 1000 || r.take > 1000 {
			c.add(field("buy"), "buy and get are 1 to 1000")
		}
	case Threshold:
		if r.spend = c.exact(field("spend"), p.Spend); r.spend == 0 {
			c.add(field("spend"), "missing")
		}
		if p.Repeat && p.Amount.IsZero() {
			c.add(field("repeat"), "goes with an amount only")
		}
	case HappyHour:
		if len(p.Hours) == 0 {
			c.add(field("hours"), "missing")
		}
	}
}

func (c *compiler) reward(i int, p Promotion) reward {
	switch {
	case !p.Amount.IsZero():
		return reward{kind: byAmount, amount: c.exact(at("promotions", i, "amount"), p.Amount)}
	case !p.Price.IsZero():
		return reward{kind: toPrice, amount: c.exact(at("promotions", i, "price"), p.Price)}
	case !p.Percent.IsZero():
		return reward{percent: c.percent(at("promotions", i, "percent"), p.Percent, 6)}
	}
	return reward{percent: ratio{1, 1}}
}

// selection keeps a Selection for selections; equal ones share an index.
func (c *compiler) selection(path string, s Selection) int {
	c.sels = append(c.sels, s)
	c.paths = append(c.paths, path)
	return len(c.sels) - 1
}

// selections works out which items belong to which selection, once for all
// carts: a bit per item and selection.
func (c *compiler) selections() {
	b := c.b
	words := (len(c.sels) + 63) / 64
	all := make([]uint64, words*len(b.entries))
	for i := range b.entries {
		b.entries[i].match = all[i*words : (i+1)*words : (i+1)*words]
	}
	b.anything = make([]uint64, words)
	categories, tags := map[string][]*entry{}, map[string][]*entry{}
	if len(c.sels) > 0 {
		for i := range b.entries {
			e := &b.entries[i]
			if e.item.Category != "" {
				categories[e.item.Category] = append(categories[e.item.Category], e)
			}
			for _, t := range e.item.Tags {
				tags[t] = append(tags[t], e)
			}
		}
	}
	for n, s := range c.sels {
		bit := uint64(1) << (n & 63)
		mark := func(e *entry, on bool) {
			if on {
				e.match[n>>6] |= bit
			} else {
				e.match[n>>6] &^= bit
			}
		}
		if len(s.Items)+len(s.Categories)+len(s.Tags) == 0 {
			for i := range b.entries {
				mark(&b.entries[i], true)
			}
		}
		each := func(field string, names []string, on bool, find func(string) []*entry) {
			for i, name := range names {
				found := find(name)
				if len(found) == 0 {
					c.add(at(c.paths[n]+"."+field, i, ""), "no item has %.60q", name)
				}
				for _, e := range found {
					mark(e, on)
				}
			}
		}
		sku := func(s string) []*entry {
			if e := b.entry(s); e != nil {
				return []*entry{e}
			}
			return nil
		}
		each("items", s.Items, true, sku)
		each("categories", s.Categories, true, func(s string) []*entry { return categories[s] })
		each("tags", s.Tags, true, func(s string) []*entry { return tags[s] })
		each("except_items", s.ExceptItems, false, sku)
		each("except_categories", s.ExceptCategories, false, func(s string) []*entry { return categories[s] })
		each("except_tags", s.ExceptTags, false, func(s string) []*entry { return tags[s] })
	}
}
