// Package console is HTTP for operators: health and readiness for whatever
// starts and watches the program, metrics for whatever measures it, and pages
// with the books for people.
//
// It has no sign-in and shows receipts' addresses, so its listener belongs on
// an address that only the retailer's own staff and machines can reach.
package console
