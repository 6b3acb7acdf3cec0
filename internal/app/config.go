package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/goccy/go-yaml"

	"github.com/strollhq/stroll/internal/cart"
	"github.com/strollhq/stroll/internal/connector"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/price"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/jwo"
	"github.com/strollhq/stroll/money"
)

// Profiles. The profile guards against charging real cards by mistake.
const (
	// ProfileTest talks to Amazon's test hosts, or to a simulator on this
	// machine, and refuses to start with a production host.
	ProfileTest = "test"
	// ProfileProduction refuses to start with a host that has .test in it.
	ProfileProduction = "production"
)

// The retailer's own card processors.
const (
	ProcessorNone      = "none"
	ProcessorSimulated = "simulated"
)

// Config is the whole configuration of a running Stroll. It is read from a
// YAML file strictly: an unknown key is an error. A key tagged secret may be
// written env:NAME or file:PATH and is never printed; one tagged env may be
// written env:NAME.
type Config struct {
	// Profile is test (the default) or production.
	Profile string `yaml:"profile"`
	// Database is a file (SQLite) or a postgres:// address. Default stroll.db
	// beside where the program is started.
	Database string `yaml:"database" env:"true"`
	// Listen says where the three doors are.
	Listen Listen `yaml:"listen"`
	// PublicURL is where shoppers reach the portal from outside, without a
	// slash at the end; receipts' addresses begin with it. Default: the
	// portal's own address.
	PublicURL string `yaml:"public_url" env:"true"`
	// Amazon says how Amazon is reached and how its calls are recognised.
	Amazon Amazon `yaml:"amazon"`
	// Processor is the retailer's own card processor, for stores whose app trips
	// it settles: none (default) or simulated, which keeps its books in memory,
	// moves no money and is refused under profile production.
	Processor string `yaml:"processor"`
	// AppKeys are the keys the retailer's app backend shows as a bearer token
	// to ask for scan codes. None: the door is closed.
	AppKeys []string `yaml:"app_keys" secret:"true"`
	// Receipt sets how receipts are issued.
	Receipt receipt.Settings `yaml:"receipt"`
	// Keep says how long what may be forgotten is kept.
	Keep Keep `yaml:"keep"`
	// Audit says how often the program checks itself.
	Audit Audit `yaml:"audit"`
	// Log sets what is logged.
	Log Log `yaml:"log"`
	// Jobs sets how durable work is run.
	Jobs Jobs `yaml:"jobs"`
	// Stores are the stores served. At least one.
	Stores []Store `yaml:"stores"`
}

// Listen holds listening addresses, host:port.
type Listen struct {
	// Connector is what Amazon calls, behind the API gateway. Default 127.0.0.1:8080.
	Connector string `yaml:"connector" env:"true"`
	// Portal is what shoppers and the retailer's app call. Default 127.0.0.1:8081.
	Portal string `yaml:"portal" env:"true"`
	// Admin has health, metrics and books, and no sign-in: never expose it.
	// Default 127.0.0.1:9090.
	Admin string `yaml:"admin" env:"true"`
}

// Amazon is the way to and from Amazon.
type Amazon struct {
	// Region is the AWS region. Default: the first label of the payments host.
	Region string `yaml:"region" env:"true"`
	// PaymentsURL is the base address of the payment and feedback calls.
	// Default, with a region: the region's test host under profile test, its
	// production host under profile production (contract: payments 1.1).
	PaymentsURL string `yaml:"payments_url" env:"true"`
	// Overrides are base addresses for single APIs, by operation name, such
	// as AdjustCharge.
	Overrides map[string]string `yaml:"overrides"`
	// AccessKeyID and SecretAccessKey sign our calls. Default: the AWS SDK's
	// own chain (environment, shared files, role).
	AccessKeyID     string `yaml:"access_key_id" secret:"true"`
	SecretAccessKey string `yaml:"secret_access_key" secret:"true"`
	// Timeout bounds one call. Default 10s.
	Timeout time.Duration `yaml:"timeout"`
	// Inbound says how Amazon's own calls are recognised.
	Inbound connector.Settings `yaml:"inbound"`
}

// Jobs sets the workers behind the answers: payments, reports, receipts.
type Jobs struct {
	// Workers is how many jobs run at once. Most of a job is waiting for
	// Amazon. Default 64.
	Workers int `yaml:"workers"`
	// Poll is how soon a job added by another process is noticed; jobs of the
	// same process do not wait for it. Default 5s.
	Poll time.Duration `yaml:"poll"`
	// Lease is how long the jobs of a process that was killed wait before
	// another takes them. Default 30s.
	Lease time.Duration `yaml:"lease"`
}

// Keep holds retention times.
type Keep struct {
	// Decisions are the gate's answers, which also answer Amazon's retries.
	// Default 2160h (90 days), at least 72h.
	Decisions time.Duration `yaml:"decisions"`
	// Calls are the rows about calls to and from Amazon. Default 720h.
	Calls time.Duration `yaml:"calls"`
}

// Audit sets the check that a running program makes of itself: it recomputes
// every balance and state from the ledger and the history, as "stroll ledger
// verify" does, and sees that every payment that is not over has a clock. What it
// finds is an alert, an error in the log and the gauge stroll_pay_audit_findings.
type Audit struct {
	// Every is how often; it reads all payments, which takes minutes for some
	// millions, and holds up no writer. Default 24h, at least 1h; −1ns is never.
	Every time.Duration `yaml:"every"`
}

// Log sets the log.
type Log struct {
	// Level is debug, info (default), warn or error.
	Level string `yaml:"level"`
	// Format is text (default) or json.
	Format string `yaml:"format"`
}

// Store is one store Amazon knows.
type Store struct {
	// ID is the store's id, given by Amazon.
	ID string `yaml:"id"`
	// Name and Address stand on receipts.
	Name    string   `yaml:"name"`
	Address []string `yaml:"address"`
	// Gate sets who may enter.
	Gate gate.Settings `yaml:"gate"`
	// Cart sets how carts are taken.
	Cart cart.Settings `yaml:"cart"`
	// Pay sets how trips are charged.
	Pay pay.Settings `yaml:"pay"`
	// PricesFile names a YAML file with the store's price list, used instead
	// of Prices.
	PricesFile string `yaml:"prices_file"`
	// ItemsFile names a CSV file of barcode, name and price, whose rows are
	// added to the price list's items. A row that cannot be sold is refused
	// and with it the configuration.
	ItemsFile string `yaml:"items_file"`
	// Prices is the price list: items, taxes, fees and promotions.
	Prices price.Spec `yaml:"prices"`
}

// defaults fills what was left out.
func (c *Config) defaults() {
	set(&c.Profile, ProfileTest)
	set(&c.Database, "stroll.db")
	set(&c.Processor, ProcessorNone)
	set(&c.Listen.Connector, "127.0.0.1:8080")
	set(&c.Listen.Portal, "127.0.0.1:8081")
	set(&c.Listen.Admin, "127.0.0.1:9090")
	set(&c.Keep.Decisions, 90*24*time.Hour)
	set(&c.Keep.Calls, 30*24*time.Hour)
	set(&c.Amazon.Timeout, 10*time.Second)
	set(&c.Audit.Every, 24*time.Hour)
	set(&c.Jobs.Workers, 64)
	set(&c.Jobs.Poll, 5*time.Second)
	set(&c.Jobs.Lease, 30*time.Second)
	set(&c.Log.Level, "info")
	set(&c.Log.Format, "text")
	c.Amazon.Inbound, c.Receipt = c.Amazon.Inbound.WithDefaults(), c.Receipt.WithDefaults()
	for i := range c.Stores {
		s := &c.Stores[i]
		set(&s.Gate.TimeZone, s.Prices.TimeZone)
		s.Gate, s.Cart, s.Pay = s.Gate.WithDefaults(), s.Cart.WithDefaults(), s.Pay.WithDefaults()
		set(&s.Prices.Currency, "USD")
	}
	if c.Amazon.PaymentsURL == "" && c.Amazon.Region != "" {
		host := c.Amazon.Region + ".test.payments.amazonphysicalstores.com"
		if c.Profile == ProfileProduction {
			host = strings.Replace(host, ".test.", ".", 1)
		}
		c.Amazon.PaymentsURL = "https://" + host
	}
}

func set[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Check returns every fault of the configuration, each beginning with the
// path of the key.
func (c *Config) Check() error {
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf(path+": "+format, args...))
	}
	if c.Profile != ProfileTest && c.Profile != ProfileProduction {
		bad("profile", "%q is not %s or %s", c.Profile, ProfileTest, ProfileProduction)
	}
	switch {
	case c.Processor != ProcessorNone && c.Processor != ProcessorSimulated:
		bad("processor", "%q is not %s or %s", c.Processor, ProcessorNone, ProcessorSimulated)
	case c.Processor == ProcessorSimulated && c.Profile == ProfileProduction:
		bad("processor", "the simulated one charges nobody, which profile production does not allow")
	}
	if c.Amazon.PaymentsURL == "" {
		bad("amazon.payments_url", "missing, and no amazon.region to make it from")
	} else {
		errs = append(errs, c.checkHost("amazon.payments_url", c.Amazon.PaymentsURL))
	}
	for api, base := range c.Amazon.Overrides {
		errs = append(errs, c.checkHost("amazon.overrides."+api, base))
	}
	if _, err := c.client(credentials.NewStaticCredentialsProvider("id", "secret", ""), nil); err != nil && errors.Join(errs...) == nil {
		bad("amazon.region", "%v", err)
	}
	if (c.Amazon.AccessKeyID == "") != (c.Amazon.SecretAccessKey == "") {
		bad("amazon.access_key_id", "access_key_id and secret_access_key go together")
	}
	if c.Keep.Decisions < 72*time.Hour {
		bad("keep.decisions", "%s is shorter than 72h, the longest a pre-authorization may live", c.Keep.Decisions)
	}
	if c.Jobs.Workers < 1 || c.Jobs.Workers > 1024 {
		bad("jobs.workers", "%d is not between 1 and 1024", c.Jobs.Workers)
	}
	if c.Jobs.Poll < 10*time.Millisecond || c.Jobs.Poll > time.Hour {
		bad("jobs.poll", "%s is not between 10ms and 1h", c.Jobs.Poll)
	}
	if c.Jobs.Lease < 3*time.Second || c.Jobs.Lease > 24*time.Hour {
		bad("jobs.lease", "%s is not between 3s and 24h", c.Jobs.Lease)
	}
	errs = append(errs, prefixed("amazon.inbound", c.Amazon.Inbound.Check()), prefixed("receipt", c.Receipt.Check()))
	if c.Profile == ProfileProduction && c.Amazon.Inbound.Mode == connector.AuthOff {
		bad("amazon.inbound.mode", "off is not allowed under profile production: anyone could open the gate")
	}
	if len(c.Stores) == 0 {
		bad("stores", "no store to serve")
	}
	seen, pos := map[string]int{}, map[string]cart.Settings{}
	for i := range c.Stores {
		at := fmt.Sprintf("stores[%d]", i)
		if first, dup := seen[c.Stores[i].ID]; dup {
			bad(at+".id", "%q is already stores[%d]", c.Stores[i].ID, first)
		}
		seen[c.Stores[i].ID], pos[c.Stores[i].ID] = i, c.Stores[i].Cart
		errs = append(errs, prefixed(at, c.Stores[i].check()))
		if life := c.Stores[i].Pay.Preauth.Lifetime; c.Keep.Decisions < life {
			bad("keep.decisions", "%s is shorter than %s, the life of a pre-authorization in %s: a late repeat would be decided anew", c.Keep.Decisions, life, at)
		}
		if c.Processor == ProcessorNone && c.Stores[i].Pay.Settlement.Route == pay.OwnProcessor {
			bad(at+".pay.settlement.route", "own_processor needs a processor, and processor is none")
		}
	}
	errs = append(errs, prefixed("stores", cart.CheckStores(pos)))
	return errors.Join(errs...)
}

// checkHost keeps test and production apart (contract: payments 1.1). A
// simulator on this machine is a test host.
func (c *Config) checkHost(path, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%s: %q is not an http(s) address", path, base)
	}
	test, local := jwo.IsTestHost(base), onThisMachine(u.Hostname())
	switch {
	case c.Profile == ProfileTest && !test && !local:
		return fmt.Errorf("%s: %s is a production host, where calls charge real cards; profile test needs .test in it, or a host on this machine", path, u.Host)
	case c.Profile == ProfileProduction && test:
		return fmt.Errorf("%s: %s is a test host, where no card is charged; profile production needs a production host", path, u.Host)
	}
	return nil
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *Store) check() error {
	var errs []error
	if s.ID == "" || len(s.ID) > 255 || strings.Trim(s.ID, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		errs = append(errs, fmt.Errorf("id: %q is not 1 to 255 letters, digits, _ or -", s.ID))
	}
	if _, err := money.ParseCurrency(s.Prices.Currency); err != nil {
		errs = append(errs, fmt.Errorf("prices.currency: %w", err))
	} else if _, err := price.Compile(s.Prices); err != nil {
		errs = append(errs, prefixed("prices", err))
	}
	payments := s.Pay
	payments.Currency, payments.Strategy = money.Currency(s.Prices.Currency), s.Gate.Strategy
	errs = append(errs, prefixed("gate", s.Gate.Check()), prefixed("cart", s.Cart.Check()), prefixed("pay", payments.Check()))
	return errors.Join(errs...)
}

// prefixed puts a path before each error joined in err.
func prefixed(path string, err error) error {
	if err == nil {
		return nil
	}
	var errs []error
	for _, one := range flatten(err) {
		errs = append(errs, fmt.Errorf("%s.%w", path, one))
	}
	return errors.Join(errs...)
}

// Redacted is the effective configuration as YAML, with every secret hidden.
func (c *Config) Redacted() ([]byte, error) {
	// A copy by way of YAML shares nothing with the original, so hiding the
	// copy's secrets leaves the running program its own.
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("print configuration: %w", err)
	}
	var r Config
	if err := yaml.UnmarshalWithOptions(text, &r, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("print configuration: %w", err)
	}
	hide(reflect.ValueOf(&r).Elem())
	if u, err := url.Parse(r.Database); err == nil && u.User != nil {
		u.User = url.UserPassword(u.User.Username(), "hidden")
		r.Database = u.String()
	}
	return yaml.Marshal(&r)
}
