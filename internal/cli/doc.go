// Package cli is the command line: one file per command.
//
// What a command produces goes to standard output, everything else to
// standard error; colour and moving progress appear only on a terminal. Every
// list and every show has --json, where nothing is []. Exit status: 0 done, 1
// failed, 2 asked for wrongly.
package cli
