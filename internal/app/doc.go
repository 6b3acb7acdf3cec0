// Package app is the program as a value: configuration in, New opens the
// database and wires the slices, Run serves until its context ends, Close
// leaves nothing behind.
//
// Production, the demo, the virtual-day tests and load runs start the same
// value; what differs between them (listeners, the way out to Amazon, the log)
// is in Env. All of Stroll's configuration is the Config type of this package,
// whose comments are its manual.
package app
