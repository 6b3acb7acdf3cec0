// Package connector is the HTTP door for Amazon's calls (contract: entry 2,
// ordering 2). It recognises the caller, bounds what a caller can make the
// program do, a stranger less than a caller it knows, hands the request to package jwo's handlers and tells of every
// call how it ended.
//
// Every refusal has the one error body of the contract: unknown route 404,
// wrong method 405, unrecognised caller 403 (so that 401 stays "this shopper is
// refused"), oversized body 413, too many requests 429. Request content is
// never logged but for a refused body's fields that identify no shopper.
package connector
