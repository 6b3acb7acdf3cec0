// Package load sends shoppers through the simulator's gates: each enters by
// app code or card, takes things, puts some back, and leaves.
//
// What a shopper does is drawn from the seed and the shopper's number alone,
// so a run can be repeated whatever order its shoppers happen to arrive in. The
// package knows the simulator and the contract and nothing of our own slices:
// codes come from a function, as they come from the retailer's app.
package load
