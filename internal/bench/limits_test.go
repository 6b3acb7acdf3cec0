package bench_test

// What a fresh event costs on the way to its answer, on PostgreSQL, at most:
// statements, begin and commit included, and round trips. What is to be reached
// is one and one.
const (
	codeStatements, codeTrips         = 9, 9
	cardStatements, cardTrips         = 11, 11
	purchaseStatements, purchaseTrips = 22, 22
)

// syncsPerPurchase is how many times the write-ahead log may be synced for each
// of many purchases, 64 at once. What is to be reached is 0.10.
const syncsPerPurchase = 1.5
