// Package demo is a small world: the retailer's system and the simulated
// Amazon side by side in one process, talking real HTTP with real signatures,
// a sample store, shoppers, and both sides' books compared.
//
// The demo command shows it on a terminal, and the virtual-day tests run it
// for days in seconds.
package demo
