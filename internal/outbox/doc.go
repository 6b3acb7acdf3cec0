// Package outbox keeps durable work: a job is a row added in the transaction
// that causes it, and it stays until its handler has returned nil.
//
//	waiting --run_at passes--> ready --claimed--> running --nil--> (deleted)
//	   ^                         ^                  |
//	   +--error, Later-----------+--lease ended-----+--Stop--> parked --Retry, Add--> ready
//
// A job runs at least once, so handlers are idempotent. Ready jobs run in the
// order of their deadline, then of their time. A running job is leased: the
// lease is renewed while the handler runs within its time limit, another
// process takes the job over when the lease ends, and a worker that has lost
// its lease can no longer finish the job. Neither shutdown nor a lost lease
// uses up an attempt.
//
// Adding while the job runs makes it run once more afterwards, whatever the
// running handler returns: a wake-up is never lost. In one process workers are
// woken by the commit; a slow poll finds what other processes added.
package outbox
