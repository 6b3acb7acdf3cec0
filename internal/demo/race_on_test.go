//go:build race

package demo_test

// raced: a run takes ten times as long under the race detector, so that only a
// sample of the crash matrix and of the small days is run with it; ./test runs
// all of them without it too.
const raced = true
