package jwo

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// ClientConfig configures a Client. Credentials and at least one base URL are
// needed.
type ClientConfig struct {
	// PaymentsURL is the base of the payment, identity and feedback calls:
	// "https://us-east-1.test.payments.amazonphysicalstores.com". A call of a
	// family without a base URL fails with NotSent.
	PaymentsURL string
	// CatalogURL is the base of the catalog calls.
	CatalogURL string
	// CheckoutURL is the base of the Checkout call.
	CheckoutURL string
	// Overrides gives single calls another base URL, by API name:
	// {jwo.APIRefund: "https://…"}. An unknown name is an error of NewClient.
	Overrides map[string]string
	// Region to sign for. Default: the first label of each call's host, when
	// it looks like a region; otherwise NewClient asks for this field.
	Region string
	// Credentials sign every request (AWS Signature Version 4, service
	// execute-api) and are asked anew for each, so that they may be temporary.
	Credentials aws.CredentialsProvider
	// HTTP sends the requests. Its redirect policy is replaced: a signed
	// request is never redirected. Default: a client with its own connections.
	HTTP *http.Client
	// Timeout of a call, from connecting to the last byte of the answer.
	// Default 10 s, and 30 s for the catalog.
	Timeout time.Duration
	// Limits are what requests are checked against before they are sent.
	Limits Limits
	// SkipValidation sends what Validate would refuse, for conformance tests
	// of the other side.
	SkipValidation bool
	// UserAgent is put before the client's own. Default none.
	UserAgent string
}

const userAgent = "stroll-jwo/1"

// Client calls Amazon. Its methods may be used concurrently, send one request
// each, never retry and never follow a redirect; every error is an *Error.
type Client struct {
	http   *http.Client
	signer *v4.Signer
	cfg    ClientConfig
	targets
}

// target is where a call goes.
type target struct {
	url     string // "" = no base URL for its family
	region  string
	timeout time.Duration
}

type targets map[string]target

// routes are the client's calls.
var routes = []struct{ api, family, path string }{
	{APIAdjustCharge, "payments", PathAdjustCharge},
	{APICancelCharge, "payments", PathCancelCharge},
	{APICaptureCharge, "payments", PathCaptureCharge},
	{APIRefund, "payments", PathRefund},
	{APIGetTransactionalData, "payments", PathGetTransactionalData},
	{APIGetShopperIdentity, "payments", PathGetShopperIdentity},
	{APIReportPaymentStatus, "payments", PathReportPaymentStatus},
	{APIUploadCatalog, "catalog", PathUploadCatalog},
	{APIUploadCartCatalog, "catalog", PathUploadCartCatalog},
	{APIArchiveCatalog, "catalog", PathArchiveCatalog},
	{APIGetCatalogUploadStatus, "catalog", PathGetCatalogUploadStatus},
	{APICheckout, "checkout", PathCheckout},
}

// NewClient checks the configuration; it sends nothing.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Credentials == nil {
		return nil, errors.New("jwo: Credentials are missing")
	}
	bases := map[string]string{"payments": cfg.PaymentsURL, "catalog": cfg.CatalogURL, "checkout": cfg.CheckoutURL}
	c := &Client{http: httpClient(cfg.HTTP), signer: v4.NewSigner(), cfg: cfg, targets: targets{}}
	for _, r := range routes {
		base, own := cfg.Overrides[r.api]
		if !own {
			base = bases[r.family]
		}
		t, err := aim(base, r.path, cfg.Region)
		if err != nil {
			return nil, fmt.Errorf("jwo: base URL of %s: %w", r.api, err)
		}
		t.timeout = cfg.Timeout
		if t.timeout <= 0 {
			t.timeout = 10 * time.Second
			if r.family == "catalog" {
				t.timeout = 30 * time.Second
			}
		}
		c.targets[r.api] = t
	}
	for api := range cfg.Overrides {
		if _, ok := c.targets[api]; !ok {
			return nil, fmt.Errorf("jwo: Overrides: no call is named %q", api)
		}
	}
	return c, nil
}

// CloseIdleConnections closes connections that are not in use.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

func httpClient(given *http.Client) *http.Client {
	var own http.Client
	if given != nil {
		own = *given
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 64
		own.Transport = transport
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)

// aim joins a base URL and a path and finds the region to sign for.
func aim(base, path, region string) (target, error) {
	if base == "" {
		return target{}, nil
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return target{}, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return target{}, errors.New("is not an http or https URL with a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return target{}, errors.New("has more than scheme, host and path")
	}
	if region == "" {
		region, _, _ = strings.Cut(u.Hostname(), ".")
		if !regionName.MatchString(region) {
			return target{}, fmt.Errorf("host %s does not begin with an AWS region, so Region must be set", u.Hostname())
		}
	}
	return target{url: strings.TrimRight(base, "/") + path, region: region}, nil
}

// IsTestHost reports whether the URL (or bare host) is one of Amazon's test
// hosts, which have a label "test" before the service word:
// https://us-east-1.test.payments.amazonphysicalstores.com. Calls to any other
// of Amazon's hosts make real transactions.
func IsTestHost(rawURL string) bool {
	if !strings.Contains(rawURL, "://") {
		rawURL = "//" + rawURL
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	for label := range strings.SplitSeq(strings.ToLower(u.Hostname()), ".") {
		if label == "test" {
			return true
		}
	}
	return false
}
