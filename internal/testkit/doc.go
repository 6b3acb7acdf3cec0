// Package testkit gives tests the real thing: an SQLite file or a database on
// a PostgreSQL cluster that the kit starts and ends itself, fresh and migrated
// for each test, and an in-memory network that works inside a testing/synctest
// bubble.
//
// Call Main from TestMain in every package whose tests touch a database; then
// all of the kit also works inside a bubble. The cluster is started when the
// first test asks for it, one for each test binary, and ends with the test
// process even when that is killed.
package testkit
