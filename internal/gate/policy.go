package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/jwo"
)

// Ways in, as the contract names them.
const (
	byCode = pay.ByCode
	byCard = pay.ByCard
)

// policy is one store's settings made ready for use. It does not change.
type policy struct {
	source     *Settings // as given; to notice a change
	set        Settings  // with defaults
	storeID    string
	version    string // hash of what decides, for the decisions' rows
	zone       *time.Location
	opaque     map[string]*OpaqueKey // by hash
	conditions []condition           // of set.Rules
	reduced    condition             // of fa.reduced_pre_auth
	visits     bool                  // some condition asks for visits
	block      subjects
	flag       subjects
	allow      subjects
	buckets    map[string]*rate.Limiter // by operation; none = no limit
}

// subjects is Subjects for asking.
type subjects struct{ shoppers, instruments map[string]bool }

func (s Subjects) ready() subjects {
	set := func(ids []string) map[string]bool {
		m := make(map[string]bool, len(ids))
		for _, id := range ids {
			m[id] = true
		}
		return m
	}
	return subjects{set(s.Shoppers), set(s.Instruments)}
}

func (s subjects) has(visitor, instrument string) bool {
	return visitor != "" && s.shoppers[visitor] || instrument != "" && s.instruments[instrument]
}

// policy answers the store's policy in force, made anew when its settings
// changed; ok is false for a store that is not served.
func (g *Gate) policy(storeID string) (p *policy, ok bool, err error) {
	s, ok := g.c.Settings(storeID)
	if !ok {
		return nil, false, nil
	}
	if held, there := g.policies.Load(storeID); there {
		if p := held.(*policy); p.source == s || reflect.DeepEqual(p.source, s) {
			return p, true, nil
		}
	}
	p, err = newPolicy(storeID, s)
	if err != nil {
		return nil, true, fmt.Errorf("settings of store %s: %w", storeID, err)
	}
	g.policies.Store(storeID, p)
	g.m.keys(p)
	return p, true, nil
}

func newPolicy(storeID string, s *Settings) (*policy, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := &policy{
		source: s, set: s.WithDefaults(), storeID: storeID, opaque: map[string]*OpaqueKey{},
		block: s.Block.ready(), flag: s.Flag.ready(), allow: s.Allow.ready(),
	}
	var err error
	if p.zone, err = time.LoadLocation(p.set.TimeZone); err != nil {
		return nil, err
	}
	for i := range p.set.OpaqueKeys {
		k := &p.set.OpaqueKeys[i]
		sum, err := k.sum()
		if err != nil {
			return nil, err
		}
		p.opaque[sum] = k
	}
	for _, r := range p.set.Rules {
		c, err := compile(r.When)
		if err != nil {
			return nil, err
		}
		p.conditions = append(p.conditions, c)
		p.visits = p.visits || c.visits
	}
	if when := p.set.FA.ReducedPreAuth.When; when != "" {
		if p.reduced, err = compile(when); err != nil {
			return nil, err
		}
		p.visits = p.visits || p.reduced.visits
	}
	if l := p.set.Identity.RateLimit; !l.Off {
		p.buckets = map[string]*rate.Limiter{}
		for _, api := range []string{jwo.APIVerifyIdentityKeys, jwo.APIGetShopperAuthorization, jwo.APIResolveScan} {
			p.buckets[api] = rate.NewLimiter(rate.Limit(l.PerSecond), l.Burst)
		}
	}
	p.version, err = version(p.set)
	return p, err
}

// version is a short hash of everything that decides except keys, so that two
// decisions with the same version were made by the same rules.
func version(s Settings) (string, error) {
	s.OpaqueKeys, s.Codes.Custom.Keys, s.Codes.Prefixes = nil, nil, nil
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("hash the rules: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6]), nil
}

// prefix is the first prefix that has not ended.
func (p *policy) prefix(at time.Time) (Prefix, bool) {
	i := slices.IndexFunc(p.set.Codes.Prefixes, func(x Prefix) bool { return !ended(x.Until, at) })
	if i < 0 {
		return Prefix{}, false
	}
	return p.set.Codes.Prefixes[i], true
}

// signer is the first signing key that has not ended.
func (p *policy) signer(at time.Time) (SigningKey, bool) {
	i := slices.IndexFunc(p.set.Codes.Custom.Keys, func(k SigningKey) bool { return !ended(k.Until, at) })
	if i < 0 {
		return SigningKey{}, false
	}
	return p.set.Codes.Custom.Keys[i], true
}

// requestHas says whether a path names a field of the authorization request.
func requestHas(path string) bool {
	full := jwo.ShopperAuthorizationRequest{
		StoreID: "x", ShopperIdentity: &jwo.Identity{ID: "x"},
		AuthorizedAmount: &jwo.AuthorizationMoney{Value: "1", CurrencyCode: "x"},
		ShopperInteraction: &jwo.ShopperInteraction{
			ShoppingTripID: "x",
			GateAuthenticationEvent: &jwo.GateAuthenticationEvent{
				ID: "x", Timestamp: "x", Location: "x", Type: "x", InteractionType: "x", Data: map[string]string{"x": "x"},
			},
			Recommendation: &jwo.Recommendation{
				ShopperAuthorized: new(bool), AuthorizationConditions: make([]jwo.AuthorizationCondition, 1), ShopperRisks: []string{"x"},
			},
			CartHint: &jwo.CartHint{TotalPrice: &jwo.AuthorizationMoney{Value: "1", CurrencyCode: "x"}, Items: make([]jwo.HintItem, 1)},
		},
	}
	return len(jwo.Missing(&full, path)) == 0
}
