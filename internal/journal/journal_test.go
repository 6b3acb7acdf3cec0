package journal_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/journal"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestCallsAreKept(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		j := journal.New(d, slog.New(slog.NewTextHandler(t.Output(), nil)), nil)
		at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		call := journal.Call{
			At: at, Direction: journal.Out, API: "AdjustCharge", StoreID: "s", TripID: "trip-1",
			Status: 200, Outcome: "done", Took: 1500 * time.Microsecond,
		}
		j.Record(call)
		for i := range 600 { // more than one group
			j.Record(journal.Call{At: at.Add(time.Duration(i+1) * time.Second), Direction: journal.In, API: "CreatePurchases", TripID: fmt.Sprint("other-", i)})
		}
		// What was recorded before the end is written by the end.
		done, cancel := context.WithCancel(ctx)
		cancel()
		if err := j.Run(done); err != nil {
			t.Fatal(err)
		}
		got, err := j.List(ctx, journal.Filter{TripID: "trip-1"})
		if err != nil || cmp.Diff([]journal.Call{call}, got) != "" {
			t.Errorf("%v %s", err, cmp.Diff([]journal.Call{call}, got))
		}
		for f, want := range map[journal.Filter]int{
			{Limit: 1000}:                         601,
			{}:                                    100,
			{Direction: journal.Out}:              1,
			{API: "CreatePurchases", Limit: 1000}: 600,
			{TripID: "nobody"}:                    0,
			{TripID: "other-3", API: "CreatePurchases"}: 1,
		} {
			if got, err := j.List(ctx, f); err != nil || got == nil || len(got) != want {
				t.Errorf("%+v: %d calls, %v; want %d", f, len(got), err, want)
			}
		}
		if n, err := j.Purge(ctx, at.Add(time.Second)); err != nil || n != 1 {
			t.Errorf("purged %d, %v", n, err)
		}
	})
}
