package receipt_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/outbox"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/receipt"
	"github.com/strollhq/stroll/internal/testkit"
	"github.com/strollhq/stroll/jwo"
)

// shared is a desk whose receipts and payments mind the same pauses.
type shared struct {
	*desk
	pay *pay.Pay
}

// pausable runs f in virtual time with the jobs of receipts and payments running,
// and a probe of a denied API every so often.
func pausable(t *testing.T, probe time.Duration, script []reply, f func(t *testing.T, k *shared)) {
	t.Helper()
	dsn := testkit.SQLiteDSN(t)
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), db.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		k := &shared{desk: &desk{db: d, box: outbox.New(outbox.Config{DB: d, Poll: time.Hour}), amazon: &amazon{script: script}, carts: carts{}}}
		k.pay = pay.New(pay.Config{DB: d, Outbox: k.box, Settings: func(string) (pay.Settings, bool) {
			var s pay.Settings
			s.Retry.DeniedProbe = probe
			return s, true
		}})
		k.Receipts = receipt.New(receipt.Config{DB: d, Outbox: k.box, Amazon: k.amazon, Carts: k.carts, Pauses: k.pay,
			Stores: func(string) (receipt.Store, bool) { return receipt.Store{Name: "Shop"}, true }})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.box.Run(ctx) }()
		f(t, k)
		stop()
		if err := errors.Join(<-done, d.Close()); err != nil {
			t.Error(err)
		}
	})
}

func (k *shared) questions() int {
	k.amazon.mu.Lock()
	defer k.amazon.mu.Unlock()
	return len(k.amazon.asked)
}

// open settles trips numbered from to below to.
func (k *shared) open(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		k.settle(t, fmt.Sprint("t", i))
	}
}

func (k *shared) all(t *testing.T, n int, want string) {
	t.Helper()
	for i := range n {
		if r := k.of(t, fmt.Sprint("t", i)); r.State != want {
			t.Errorf("t%d is %s, want %s", i, r.State, want)
		}
	}
}

// paused is the one row there may be about the API.
func (k *shared) paused(t *testing.T, kind string) pay.Pause {
	t.Helper()
	all, err := k.pay.Pauses(t.Context())
	if err != nil || len(all) != 1 || all[0].API != jwo.APIGetTransactionalData || all[0].Kind != kind {
		t.Fatalf("paused: %+v, %v; want one that is %s", all, err, kind)
	}
	return all[0]
}

func (k *shared) alerts(t *testing.T) int {
	t.Helper()
	all, err := k.pay.Alerts(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestThrottledQuestionPausesAllReceipts(t *testing.T) {
	pausable(t, 5*time.Minute, []reply{no(429, "", jwo.Throttled, 10*time.Minute), yes(full)}, func(t *testing.T, k *shared) {
		k.open(t, 0, 1)
		pass(time.Second)
		until := k.paused(t, "throttled").Until
		k.open(t, 1, 6)
		pass(30 * time.Second)
		k.all(t, 6, receipt.Pending)
		pass(9 * time.Minute) // none waits longer than it may
		k.all(t, 6, receipt.Issued)
		if n := k.questions(); n != 1 {
			t.Errorf("%d questions during the pause, want the one", n)
		}
		pass(time.Minute)
		k.all(t, 6, receipt.Complete)
		if n := k.questions(); n != 7 || k.amazon.asked[1].Before(until) {
			t.Errorf("%d questions, the second at %s, before %s", n, k.amazon.asked[1], until)
		}
	})
}

func TestDeniedQuestionIsToldOnceAndProbed(t *testing.T) {
	denied := no(403, "", jwo.Denied, 0)
	pausable(t, 5*time.Minute, []reply{denied, denied, denied, yes(full)}, func(t *testing.T, k *shared) {
		k.open(t, 0, 1)
		pass(time.Second)
		k.paused(t, "denied")
		k.open(t, 1, 6)
		for want := 1; want <= 3; want++ {
			pass(4 * time.Minute)
			if n := k.questions(); n != want {
				t.Errorf("%d questions after %d probes", n, want-1)
			}
			pass(time.Minute)
		}
		if n := k.alerts(t); n != 1 {
			t.Errorf("%d alerts, want one", n)
		}
		pass(10 * time.Minute)
		k.all(t, 6, receipt.Complete)
		if all, err := k.pay.Pauses(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("still paused: %+v, %v", all, err)
		}
	})
}

// TestPauseIsSharedWithPayments: what a payment's inquiry heard holds receipts,
// and an operator's word frees them.
func TestPauseIsSharedWithPayments(t *testing.T) {
	pausable(t, 5*time.Minute, []reply{yes(full)}, func(t *testing.T, k *shared) {
		busy := no(429, "", jwo.Throttled, 20*time.Hour).err
		if err := k.pay.Heard(t.Context(), jwo.APIGetTransactionalData, "store-1", busy); err != nil {
			t.Fatal(err)
		}
		k.paused(t, "throttled")
		k.open(t, 0, 3)
		pass(time.Hour)
		if n := k.questions(); n != 0 {
			t.Errorf("%d questions although paused", n)
		}
		if err := k.pay.ResumeAPI(t.Context(), jwo.APIGetTransactionalData, "ann", "limit raised"); err != nil {
			t.Fatal(err)
		}
		pass(31 * time.Minute)
		k.all(t, 3, receipt.Complete)
	})
}

// TestPauseDoesNotKeepReceiptsForEver: an API denied for good leaves no jobs.
func TestPauseDoesNotKeepReceiptsForEver(t *testing.T) {
	pausable(t, 6*time.Hour, []reply{no(403, "", jwo.Denied, 0)}, func(t *testing.T, k *shared) {
		k.open(t, 0, 1)
		pass(74 * time.Hour)
		k.all(t, 1, receipt.Issued)
		if n, _, err := k.box.Rest(t.Context()); n != 0 || err != nil || k.alerts(t) != 1 {
			t.Errorf("%d jobs left, %d alerts, %v", n, k.alerts(t), err)
		}
	})
}
