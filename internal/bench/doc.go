// Package bench measures the program against baselines that alternate with it
// in the same run, and counts what a timing could only suggest: statements,
// round trips and syncs on the paths where a shopper waits.
//
// Counting is done by plain go test. Measuring takes the machine for itself
// and minutes of time, so it is done by the scripts in the folder bench, which
// write docs/performance.md from what was measured.
package bench
