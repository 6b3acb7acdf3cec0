// Package db opens the store's database, an SQLite file or PostgreSQL (or a
// service that speaks it), and runs write transactions that are durable when
// they return.
//
// One SQL text serves both engines: $1 placeholders in the order of their
// first use, BIGINT integers, TEXT ids and BIGINT Unix milliseconds made by
// the program, JSON as TEXT that is never queried. On SQLite concurrent
// transactions share a commit, each in a savepoint of its own, so throughput
// grows with load while every answer still waits for its own fsync. On
// PostgreSQL they run REPEATABLE READ and are repeated after a serialization
// failure. Either way the function given to Tx may run more than once and
// must have no effect outside the transaction except through AfterCommit.
//
// A transaction that is decided before it is made is a Write: rows under a
// claim and checks. Writes share commits on both engines; on PostgreSQL those
// of one Kind that wait are one statement and one round trip.
//
// A full or read-only disk, a lost server and a busy file are errors of kind
// fault.Unavailable; nothing of the transaction happened and the database
// serves again as soon as the cause is gone. One case cannot be known: a
// PostgreSQL connection that broke while the commit was under way. It too is
// Unavailable, and its caller must be able to repeat what it did.
package db
