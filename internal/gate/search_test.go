package gate_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestPurge(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, nil)
		c := h.ada()
		body := scan(c.Text, c.IssuedAt)
		h.admitted(h.verify(body), "ada", "SHOPPER")
		h.verify(scan("nobody", time.Now()))
		if n, err := h.gate.Purge(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
			t.Errorf("forgot %d young rows, %v", n, err)
		}
		old := time.Now().Add(-gate.KeepAtLeast - time.Hour).UnixMilli()
		err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, e1 := tx.ExecContext(ctx, `UPDATE gate_decision SET at = $1`, old)
			_, e2 := tx.ExecContext(ctx, `UPDATE recognition SET issued_at = $1`, old)
			return errors.Join(e1, e2)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := h.gate.Purge(t.Context(), time.Now()); n != 3 || err != nil {
			t.Errorf("forgot %d rows, %v; want 3", n, err)
		}
		if n := len(h.decisions()); n != 0 {
			t.Errorf("%d decisions are left", n)
		}
	})
}

func TestDecisionsAreFound(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, keys)
		c := h.ada()
		h.verify(scan(c.Text, c.IssuedAt))
		h.verify(scan("cash#12", time.Now()))
		h.verify(scan("nobody", time.Now()))
		h.post(pathFA, tap("card-1", "trip-1"))
		for _, x := range []struct {
			f    gate.Filter
			want []string // reasons, the newest first
		}{
			{gate.Filter{}, []string{gate.Admitted, gate.KeyUnknown, gate.Admitted, gate.Admitted}},
			{gate.Filter{Limit: 1}, []string{gate.Admitted}},
			{gate.Filter{Visitor: "ada"}, []string{gate.Admitted}},
			{gate.Filter{VisitorType: "CASH_SHOPPER"}, []string{gate.Admitted}},
			{gate.Filter{Reason: gate.KeyUnknown}, []string{gate.KeyUnknown}},
			{gate.Filter{Outcome: gate.Accepted, Entry: "SCAN_CODE"}, []string{gate.Admitted, gate.Admitted}},
			{gate.Filter{Instrument: "card-1", TripID: "trip-1", StoreID: store}, []string{gate.Admitted}},
			{gate.Filter{StoreID: "elsewhere"}, []string{}},
			{gate.Filter{Since: time.Now().Add(time.Hour)}, []string{}},
			{gate.Filter{Until: time.Now().Add(-time.Hour)}, []string{}},
		} {
			list, err := h.gate.Decisions(t.Context(), x.f)
			got := []string{}
			for _, d := range list {
				got = append(got, d.Reason)
			}
			if err != nil || !slices.Equal(got, x.want) {
				t.Errorf("%+v finds %v, %v; want %v", x.f, got, err, x.want)
			}
		}
		counts, err := h.gate.Tally(t.Context(), gate.Filter{})
		want := []gate.Count{
			{store, "GetShopperAuthorization", "FINANCIAL", "", gate.Accepted, gate.Admitted, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "", gate.Refused, gate.KeyUnknown, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "CASH_SHOPPER", gate.Accepted, gate.Admitted, 1},
			{store, "VerifyIdentityKeys", "SCAN_CODE", "SHOPPER", gate.Accepted, gate.Admitted, 1},
		}
		if err != nil || !slices.Equal(counts, want) {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	c, other := h.ada(), h.code("ada")
	if err := h.gate.Revoke(t.Context(), c.Token); err != nil {
		t.Fatal(err)
	}
	h.refused(h.verify(scan(c.Text, c.IssuedAt)), gate.CodeRevoked)
	h.admitted(h.verify(scan(other.Text, other.IssuedAt)), "ada", "SHOPPER")
	if err := h.gate.Revoke(t.Context(), c.Token); !errors.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}
