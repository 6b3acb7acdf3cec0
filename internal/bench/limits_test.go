package bench_test

// What a fresh event costs on the way to its answer, on PostgreSQL, at most:
// statements, begin and commit included, and round trips.
const (
	codeStatements, codeTrips         = 1, 1
	cardStatements, cardTrips         = 1, 1
	purchaseStatements, purchaseTrips = 1, 1
)

// syncsPerPurchase is how many times the write-ahead log may be synced for each
// of many purchases, 64 at once.
const syncsPerPurchase = 0.10

// slack is for the race detector, under which fewer requests wait at once.
var slack = map[bool]float64{true: 2, false: 1}[raced]
