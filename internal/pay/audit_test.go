package pay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/pay"
)

// TestAudit breaks what is stored behind the program's back: the audit says so
// loudly, and a payment that lost its clock gets one and goes on.
func TestAudit(t *testing.T) {
	lite(t, setup{}, func(w *world) {
		right := w.buy("approve", "10")
		pending := w.buy("pending_3_then_approve", "10")
		w.pass(time.Second)
		w.is(pending, pay.AdjustPending)
		if v, err := w.pay.Audit(w.t.Context()); err != nil || !v.OK() {
			t.Fatalf("%v, %v", v.Differences, err)
		}
		w.change(`DELETE FROM job WHERE key = '` + pending + `'`)
		w.change(`UPDATE payment SET captured = captured - 1 WHERE trip_id = '` + right + `'`)
		w.pass(10 * time.Hour)
		w.is(pending, pay.AdjustPending) // nobody moves it
		v, err := w.pay.Audit(w.t.Context())
		found := strings.Join(v.Differences, "\n")
		if err != nil || len(v.Differences) != 2 || !strings.Contains(found, pending+": it waited without a clock") || !strings.Contains(found, right+": captured is stored as 999") {
			t.Errorf("%v, %v", v.Differences, err)
		}
		if !w.alerted("", pay.AlertInvariant) {
			t.Error("nobody is told")
		}
		w.change(`UPDATE payment SET captured = captured + 1 WHERE trip_id = '` + right + `'`)
		w.pass(10 * time.Hour)
		w.is(pending, pay.CaptureInitiated)
		if v, err := w.pay.Audit(w.t.Context()); err != nil || !v.OK() {
			t.Errorf("afterwards: %v, %v", v.Differences, err)
		}
	})
}

// change writes past the program.
func (w *world) change(sql string) {
	w.t.Helper()
	if err := w.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, sql)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}
