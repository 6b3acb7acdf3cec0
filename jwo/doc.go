// Package jwo is a Go SDK for the retailer's side of a Just Walk Out store:
// the wire types of every call in either direction, their validation, a signed
// client for the calls to Amazon, and HTTP handlers for the calls from Amazon.
//
// Requests are plain structs named after their operation
// (CreatePurchasesRequest). A nil pointer, nil slice or empty string is a
// missing field. Validate reports every faulty field at once as FieldErrors,
// with paths as in the JSON: "shoppingTrip.authEvents[0].payloadType". Unknown
// JSON fields are ignored at every depth, and no number passes through a
// binary float.
//
// Calls to Amazon: NewClient, one method per call. An error is an *Error,
// whose Outcome says whether the call may have had an effect. The client never
// retries: a schedule that survives a restart belongs to the caller.
//
// Calls from Amazon: IdentityHandler, AuthorizationHandler and PurchasesHandler
// (and the optional doors ScanHandler, ScanDetailsHandler, ShopperHandler) turn
// an interface of one method into an http.Handler that answers every malformed
// request in one documented error shape. An implementation refuses by returning
// a *Refusal.
//
// NewVerifier checks the AWS signature of a request when no gateway has done
// so before.
package jwo
