// Package archtest holds the architecture as two tables in a test: which of
// our packages may import which, and through which of them a foreign module
// comes in. A new arrow is a line in a table, so it is seen in review.
package archtest
