package openapitest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/strollhq/stroll/openapi"
)

// Outbound are the documents of the retailer's calls to Amazon.
func Outbound() []string { return []string{openapi.Payments, openapi.Catalog, openapi.Checkout} }

// Checker holds traffic against some of the documents. It may be used
// concurrently.
type Checker struct{ docs []*openapi3.T }

// New loads the named documents; a document that is no valid OpenAPI fails the
// test. Do not mix directions: they share a path.
func New(t testing.TB, names ...string) *Checker {
	t.Helper()
	c := &Checker{}
	for _, name := range names {
		doc, err := load(name)
		if err != nil {
			t.Fatalf("openapi %s: %v", name, err)
		}
		c.docs = append(c.docs, doc)
	}
	return c
}

// load reads a document once; the result is only read afterwards.
func load(name string) (*openapi3.T, error) {
	once, _ := loaded.LoadOrStore(name, sync.OnceValues(func() (*openapi3.T, error) {
		text, err := openapi.Load(name)
		if err != nil {
			return nil, err
		}
		doc, err := openapi3.NewLoader().LoadFromData(text)
		if err != nil {
			return nil, err
		}
		return doc, doc.Validate(context.Background())
	}))
	return once.(func() (*openapi3.T, error))()
}

var loaded sync.Map // name → func() (*openapi3.T, error); parsing is slow and the documents are constants

// Check fails the test when the answer does not fit the document, or when the
// request does not although it was accepted (2xx) or refused for its bearer
// (401). A path no document has must have been answered 404, a method it has
// not 405. address may be a URL or a path.
func (c *Checker) Check(t testing.TB, method, address string, status int, reqBody, respBody []byte) {
	t.Helper()
	if err := c.Fault(method, address, status, reqBody, respBody); err != nil {
		t.Errorf("%s %s answered %d: %v\nrequest: %.2000s\nresponse: %.2000s", method, address, status, err, reqBody, respBody)
	}
}

// Fault is Check as an error.
func (c *Checker) Fault(method, address string, status int, reqBody, respBody []byte) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	route := c.route(method, u.Path)
	if route == nil {
		if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
			return nil
		}
		return routers.ErrPathNotFound
	}
	req := httptest.NewRequest(method, u.Path, bytes.NewReader(reqBody))
	req.Header.Set("Content-Type", "application/json")
	in := &openapi3filter.RequestValidationInput{Request: req, Route: route}
	if status < 300 || status == http.StatusUnauthorized {
		if err := openapi3filter.ValidateRequest(req.Context(), in); err != nil {
			return err
		}
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(bytes.NewReader(respBody)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

func (c *Checker) route(method, path string) *routers.Route {
	for _, doc := range c.docs {
		item := doc.Paths.Value(path)
		if item == nil {
			continue
		}
		if op := item.GetOperation(method); op != nil {
			return &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return nil
}

// Operations are the operationIds of the documents with their paths.
func (c *Checker) Operations() map[string]string {
	ops := map[string]string{}
	for _, doc := range c.docs {
		for path, item := range doc.Paths.Map() {
			for _, op := range item.Operations() {
				ops[op.OperationID] = path
			}
		}
	}
	return ops
}
