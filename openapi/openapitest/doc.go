// Package openapitest checks recorded traffic against the OpenAPI documents of
// package openapi, in tests.
package openapitest
