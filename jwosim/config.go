package jwosim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/strollhq/stroll/money"
)

// Strategies of a store's fraud and abuse management: who decides about a
// card at the gate.
const (
	// AmazonManaged: the simulator's own balance and risks decide; the
	// retailer is not asked and reports payment outcomes.
	AmazonManaged = "amazon_managed"
	// AmazonRecommendation: the retailer is asked and told what the simulator
	// would do.
	AmazonRecommendation = "amazon_recommendation"
	// RetailerManaged: the retailer is asked, without advice.
	RetailerManaged = "retailer_managed"
	// NoStrategy: nobody is asked.
	NoStrategy = "none"
)

// Config is everything a [Sim] is made of. Only Stores is needed; a Config
// without accepted keys refuses every call to Amazon's API with 403.
type Config struct {
	// Seed decides every fault and every id. Same seed, same run.
	Seed uint64 `json:"seed" yaml:"seed"`
	// Run is mixed into ids, never into faults: give each start of a
	// long-lived retailer's system its own, or the second run's trips carry
	// the first run's ids and are taken for repeats. Default "".
	Run string `json:"run" yaml:"run"`
	// Stores are the stores served; at least one.
	Stores []Store `json:"stores" yaml:"stores"`
	// Cards are known from the start. Magic cards need no entry here.
	Cards []Card `json:"cards" yaml:"cards"`
	// Visitors maps a visitor id of the retailer's (visitorDetails.id) to the
	// card registered for app entry. A visitor without an entry gets a card of
	// their own that can pay for everything.
	Visitors map[string]string `json:"visitors" yaml:"visitors"`
	// Emails maps a shopper id (or a card's instrument) to the address left at
	// the receipt kiosk.
	Emails map[string]string `json:"emails" yaml:"emails"`
	// Accept are the keys a caller of Amazon's API may sign with.
	Accept []Credentials `json:"accept" yaml:"accept"`
	// AcceptUnsigned switches the signature check off.
	AcceptUnsigned bool `json:"accept_unsigned" yaml:"accept_unsigned"`
	// Sign signs our calls to connectors with SigV4 when set.
	Sign *Credentials `json:"sign" yaml:"sign"`
	// Region signed for in calls to connectors. Default us-east-1.
	Region string `json:"region" yaml:"region"`
	// Headers are added to every call to a connector: the shared secret that
	// stands for "came through the gateway".
	Headers map[string]string `json:"headers" yaml:"headers"`
	// Faults is what goes wrong. The zero value is nothing; see DefaultFaults.
	Faults Faults `json:"faults" yaml:"faults"`
	// Strict refuses what tomorrow's stricter Amazon might refuse: every rule
	// of StrictRules.
	Strict bool `json:"strict" yaml:"strict"`
	// Settings decides where the contract is silent.
	Settings Settings `json:"settings" yaml:"settings"`
	// History is how many exchanges are kept, the oldest dropped first.
	// Default 10000; −1 keeps none.
	History int `json:"history" yaml:"history"`

	// Connector sends our calls to connectors. Default: a client that follows
	// no redirects and has no time-out of its own (each attempt has one).
	Connector *http.Client `json:"-" yaml:"-"`
	// Code draws a fresh code as a shopper's app shows it, for the shop page's
	// button. who is what was typed there, "" for anybody. Default: no button,
	// codes are typed or photographed.
	Code func(ctx context.Context, who string) (string, error) `json:"-" yaml:"-"`
	// Log receives what the simulator does, without bodies. Default: nothing.
	Log *slog.Logger `json:"-" yaml:"-"`
	// Now is the clock of trips and expiries, which Sim.Advance moves on. Waits
	// are timers and signatures carry the machine's time whatever it says.
	// Default time.Now.
	Now func() time.Time `json:"-" yaml:"-"`
}

// Store is one Just Walk Out store.
type Store struct {
	// ID, at most 255 characters of [0-9a-zA-Z_-].
	ID string `json:"id" yaml:"id"`
	// Currency of the store. Default: that of PreAuth, else USD.
	Currency money.Currency `json:"currency" yaml:"currency"`
	// ConnectorURL is the base of the retailer's connector, as in
	// "http://127.0.0.1:8080"; the documented paths are appended.
	ConnectorURL string `json:"connector_url" yaml:"connector_url"`
	// URLs overrides the base for single operations, by name:
	// VerifyIdentityKeys, GetShopperAuthorization, CreatePurchases.
	URLs map[string]string `json:"urls" yaml:"urls"`
	// Strategy of fraud and abuse management. Default RetailerManaged.
	Strategy string `json:"strategy" yaml:"strategy"`
	// DefaultGate is "open" or "closed" (default): what the gate does when the
	// connector fails.
	DefaultGate string `json:"default_gate" yaml:"default_gate"`
	// PreAuth is held at entry. Default 2500 minor units.
	PreAuth money.Amount `json:"pre_auth" yaml:"pre_auth"`
	// Lifetime of a pre-authorization from the start of the trip. Default 46 h.
	Lifetime time.Duration `json:"lifetime" yaml:"lifetime"`
	// ScanCodePattern is the regular expression of codes; others are dropped
	// at the gate and reach nobody. Default: none.
	ScanCodePattern string `json:"scan_code_pattern" yaml:"scan_code_pattern"`
	// AppPayment is "payment_service" (default: a hold on the visitor's card
	// at app entry) or "own_processor": no hold, the payment calls do not know
	// the trip.
	AppPayment string `json:"app_payment" yaml:"app_payment"`
	// Products are on the shelf of the shop page. Default: none, and whatever
	// is taken is typed.
	Products []Product `json:"products,omitempty" yaml:"products"`
}

// Credentials are a key pair in Amazon's manner.
type Credentials struct {
	AccessKeyID     string `json:"access_key_id" yaml:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key" yaml:"secret_access_key"`
	// SessionToken of temporary credentials; a caller must carry exactly it.
	SessionToken string `json:"session_token" yaml:"session_token"`
	// APIs limits an accepted key to the named operations; empty is all.
	APIs []string `json:"apis" yaml:"apis"`
}

// String is the key's id: a secret must not be printed by accident.
func (c Credentials) String() string { return c.AccessKeyID }

// GoString is String.
func (c Credentials) GoString() string { return c.AccessKeyID }

// store is a Store with its defaults and compiled parts.
type store struct {
	Store
	pattern *regexp.Regexp
	shelf   *shelf
}

var storePattern = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,255}$`)

func newStore(c Store) (*store, error) {
	if !storePattern.MatchString(c.ID) {
		return nil, fmt.Errorf("store %.40q: id is not 1 to 255 characters of [0-9a-zA-Z_-]", c.ID)
	}
	if c.Currency == "" {
		c.Currency = c.PreAuth.Currency
	}
	if c.Currency == "" {
		c.Currency = "USD"
	}
	if _, err := money.ParseCurrency(string(c.Currency)); err != nil {
		return nil, fmt.Errorf("store %s: %w", c.ID, err)
	}
	if c.PreAuth.IsZero() {
		c.PreAuth = money.New(2500, c.Currency)
	}
	if c.PreAuth.Currency != c.Currency || c.PreAuth.Minor < 0 {
		return nil, fmt.Errorf("store %s: pre-authorization %s is not a sum of %s", c.ID, c.PreAuth, c.Currency)
	}
	if c.Lifetime <= 0 {
		c.Lifetime = 46 * time.Hour
	}
	if c.Strategy == "customer_managed" { // the older name
		c.Strategy = RetailerManaged
	}
	for _, f := range []struct {
		name  string
		value *string
		words []string
	}{
		{"strategy", &c.Strategy, []string{RetailerManaged, AmazonManaged, AmazonRecommendation, NoStrategy}},
		{"default_gate", &c.DefaultGate, []string{"closed", "open"}},
		{"app_payment", &c.AppPayment, []string{"payment_service", "own_processor"}},
	} {
		if err := oneOf(f.value, f.words); err != nil {
			return nil, fmt.Errorf("store %s: %s %w", c.ID, f.name, err)
		}
	}
	for name, base := range merge(map[string]string{"connector_url": c.ConnectorURL}, c.URLs) {
		u, err := url.Parse(base)
		if err != nil || base != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("store %s: %s %q is not an http(s) address", c.ID, name, base)
		}
	}
	products, err := newShelf(c)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", c.ID, err)
	}
	s := &store{Store: c, shelf: products}
	if c.ScanCodePattern != "" {
		re, err := regexp.Compile(c.ScanCodePattern)
		if err != nil {
			return nil, fmt.Errorf("store %s: scan code pattern: %w", c.ID, err)
		}
		s.pattern = re
	}
	return s, nil
}

// oneOf defaults an empty value to the first word and refuses strangers.
func oneOf(value *string, words []string) error {
	if *value == "" {
		*value = words[0]
	}
	if !slices.Contains(words, *value) {
		return fmt.Errorf("%.40q is not one of %q", *value, words)
	}
	return nil
}

func merge(a, b map[string]string) map[string]string {
	for k, v := range b {
		a[k] = v
	}
	return a
}

func (c *Config) defaults() error {
	if len(c.Stores) == 0 {
		return errors.New("jwosim: no stores")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.History == 0 {
		c.History = 10000
	}
	if c.Connector == nil {
		c.Connector = &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
				MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // a signed call is not sent elsewhere
			},
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := c.Settings.defaults(); err != nil {
		return fmt.Errorf("jwosim: settings: %w", err)
	}
	if err := c.Faults.Check(); err != nil {
		return fmt.Errorf("jwosim: faults: %w", err)
	}
	return nil
}
