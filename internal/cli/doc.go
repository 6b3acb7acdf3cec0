// Package cli is the command line: one file per command.
//
// What a command produces goes to standard output, everything else to
// standard error; a command that fails has written nothing to standard output,
// except that one which compares books shows what differs. Colour and moving
// progress appear only on a terminal. Every list and every show has --json,
// where names are in snake_case, a list of nothing is [] and a time that is
// not known is null. A reader that has seen enough and closes the pipe ends a
// command quietly.
//
// Exit status: 0 done, 1 failed, 2 asked for wrongly.
package cli
