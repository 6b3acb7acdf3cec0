// Package metric is the program's one door to Prometheus: counters, gauges
// and durations with label values given in the order of their names.
//
// A nil *Set hands out nil metrics and a nil metric does nothing, so a slice
// never asks whether it is being measured. Label values come from closed
// lists (states, reasons, store ids), never from a request's free text.
package metric
