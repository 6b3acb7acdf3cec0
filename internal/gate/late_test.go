package gate_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
)

// A statement that waits for a lock at the deadline takes no effect after the
// caller got another answer: the event is decided when it comes again.
func TestNothingFollowsTheDeadline(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresDSN(t)
	h, _ := kept(t, testkit.Open(t, dsn), func(s *gate.Settings) { s.Identity.Deadline = 400 * time.Millisecond }, false)
	c := h.ada()
	code, card := scan(c.Text, c.IssuedAt), tap("card-1", "trip-1")
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	other := testkit.Open(t, dsn)
	go func() {
		done <- other.Tx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.ExecContext(ctx, `LOCK TABLE gate_decision IN EXCLUSIVE MODE`); err != nil {
				return err
			}
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	for _, a := range together(t, 2, func(i int) answer {
		if i == 0 {
			return h.verify(code)
		}
		return h.authorize(card)
	}) {
		if a.Status != http.StatusInternalServerError && a.Body["shopperAuthorized"] != false {
			t.Errorf("answered %d %s behind a lock", a.Status, a.Raw)
		}
	}
	// The server has given the statements up before the lock goes.
	for waiting := 1; waiting > 0; {
		err := h.db.Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// Two events that share a statement with nothing left over from before.
	h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
	h.answers(h.authorize(tap("card-2", "trip-2")), true, "", "")
	if n := h.admissions(); n != 2 {
		t.Errorf("%d admissions, want the two after the lock", n)
	}
	for _, a := range []answer{h.verify(code), h.authorize(card)} {
		if a.Status != 200 || a.Header.Get("Idempotency-Hit") != "" || a.Body["shopperAuthorized"] == false {
			t.Errorf("the repeat is answered %d %s %v, want a fresh decision", a.Status, a.Raw, a.Header)
		}
	}
}
