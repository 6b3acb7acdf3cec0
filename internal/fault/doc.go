// Package fault names the five kinds of error a caller may tell apart, and
// the one table that turns a kind into an HTTP status.
//
// Everything without a kind is our own fault: status 500 and a neutral
// sentence for the outside, the full error in the log.
package fault
