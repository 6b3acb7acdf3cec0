package pay_test

import (
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/pay"
)

func TestCharge(t *testing.T) {
	t.Parallel()
	each(t, setup{}, func(w *world) {
		trip := w.buy("approve", "12.34")
		w.pass(time.Second)
		p := w.is(trip, pay.CaptureInitiated)
		if p.Captured != usd("12.34") || w.settled[trip] != 1 {
			t.Errorf("captured %s, settled %d times", p.Captured, w.settled[trip])
		}
		if b := w.book(trip); b.Captured != 1234 {
			t.Errorf("Amazon's books: %+v", b)
		}
	})
}
