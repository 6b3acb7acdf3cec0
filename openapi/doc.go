// Package openapi holds the contract as OpenAPI 3.1 documents, one per
// direction and family. Descriptions carry the contract's marks: [D] documented
// by Amazon, [A] assumed, and then a setting or a tolerated variation.
//
// The documents describe valid traffic. What a receiver must tolerate beyond
// them (unknown fields, unknown values of open lists) is said in prose, and
// nothing here closes an object against further fields.
//
// Tests check recorded requests and responses against them with package
// openapitest.
package openapi

import "embed"

// FS holds the documents as <name>.yaml.
//
//go:embed *.yaml
var FS embed.FS

// Names of the documents. Connectors is what Amazon calls at the retailer's;
// the others are what the retailer calls at Amazon's. The path
// /v1/identity/shopper is in both Connectors and Payments, with other bodies.
const (
	Connectors = "connectors"
	Payments   = "payments"
	Catalog    = "catalog"
	Checkout   = "checkout"
)

// Load is the text of a document.
func Load(name string) ([]byte, error) { return FS.ReadFile(name + ".yaml") }
