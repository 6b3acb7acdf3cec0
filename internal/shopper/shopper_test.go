package shopper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestPutAndGet(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s, ctx := shopper.New(shopper.Config{DB: d}), t.Context()
		for _, id := range []string{"ada", "", "a\x00b", "\xff"} {
			if _, err := s.Get(ctx, d.Reader(), id); !errors.Is(err, fault.NotFound) {
				t.Errorf("before: %v", err)
			}
		}
		expires := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
		made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		ada := shopper.Shopper{ID: "ada", Name: "Ada L.", Email: "ada@example.com", PaymentMethod: true, CardExpires: expires, Created: made}
		if err := s.Put(ctx, ada); err != nil {
			t.Fatal(err)
		}
		want := ada
		want.Kind, want.Status = "SHOPPER", shopper.Active
		got, err := s.Get(ctx, d.Reader(), "ada")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		ada.Name, ada.Created, ada.Fraud, ada.CardExpires = "Ada", time.Now(), true, time.Time{}
		if err := s.Put(ctx, ada); err != nil {
			t.Fatal(err)
		}
		want.Name, want.Fraud, want.CardExpires = "Ada", true, time.Time{} // made when it was first made
		got, err = s.Get(ctx, d.Reader(), "ada")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	s := shopper.New(shopper.Config{DB: testkit.SQLite(t)})
	for faults, bad := range map[string]shopper.Shopper{
		"id":                {},
		"id is":             {ID: "a b"},
		"id is not":         {ID: strings.Repeat("x", 256)},
		"kind":              {ID: "a", Kind: "GHOST"},
		"status":            {ID: "a", Status: "asleep"},
		"name":              {ID: "a", Name: "a\x00"},
		"email":             {ID: "a", Email: "Ada <ada@example.com>"},
		"email is":          {ID: "a", Email: "nobody"},
		"kind is not SHOP":  {ID: "a", Kind: "x", Email: "y"},
		"email is not an a": {ID: "a", Kind: "x", Email: "y"},
	} {
		err := s.Put(t.Context(), bad)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), faults) {
			t.Errorf("%+v: %v, want a fault of %s", bad, err, faults)
		}
		if bad.Email != "" && strings.Contains(err.Error(), bad.Email+" ") {
			t.Errorf("the error tells the address: %v", err)
		}
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s, ctx := shopper.New(shopper.Config{DB: d}), t.Context()
		if err := s.Put(ctx, shopper.Shopper{ID: "ada"}); err != nil {
			t.Fatal(err)
		}
		by := shopper.Act{ShopperID: "ada", Operator: "olga", Reason: "disputes every receipt"}
		for range 2 { // the second changes nothing and leaves no entry
			if err := errors.Join(s.SetStatus(ctx, by, shopper.Blocked), s.SetFraud(ctx, by, true)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Put(ctx, shopper.Shopper{ID: "ada", Status: shopper.Blocked}); err != nil {
			t.Fatal(err)
		}
		history, err := s.History(ctx, d.Reader(), "ada")
		want := []shopper.Change{
			{ShopperID: "ada", Operator: shopper.Import, What: "created", Became: "SHOPPER"},
			{ShopperID: "ada", Operator: "olga", What: "status", Was: "active", Became: "blocked", Reason: by.Reason},
			{ShopperID: "ada", Operator: "olga", What: "fraud", Was: "false", Became: "true", Reason: by.Reason},
			{ShopperID: "ada", Operator: shopper.Import, What: "fraud", Was: "true", Became: "false"},
		}
		if diff := cmp.Diff(want, history, cmpopts.IgnoreFields(shopper.Change{}, "At")); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		for title, err := range map[string]error{
			"no operator":   s.SetFraud(ctx, shopper.Act{ShopperID: "ada", Reason: "x"}, true),
			"no reason":     s.SetStatus(ctx, shopper.Act{ShopperID: "ada", Operator: "x"}, shopper.Active),
			"no status":     s.SetStatus(ctx, by, "asleep"),
			"not an E-mail": s.Put(ctx, shopper.Shopper{ID: "ada", Email: "@"}),
		} {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", title, err)
			}
		}
		by.ShopperID = "nobody"
		if err := s.SetFraud(ctx, by, true); !errors.Is(err, fault.NotFound) {
			t.Errorf("nobody: %v", err)
		}
		if list, err := s.History(ctx, d.Reader(), "nobody"); err != nil || list == nil || len(list) != 0 {
			t.Errorf("history of nobody: %v, %v", list, err)
		}
	})
}

func TestListAndCount(t *testing.T) {
	t.Parallel()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		s, ctx := shopper.New(shopper.Config{DB: d}), t.Context()
		if list, err := s.List(ctx, shopper.Filter{}); err != nil || list == nil || len(list) != 0 {
			t.Errorf("an empty list is %v, %v", list, err)
		}
		for i := range 6 {
			a := shopper.Shopper{ID: fmt.Sprintf("s%d", i), Fraud: i == 2}
			if i >= 4 {
				a.Kind, a.Status = "ASSOCIATE", shopper.Blocked
			}
			if err := s.Put(ctx, a); err != nil {
				t.Fatal(err)
			}
		}
		for _, x := range []struct {
			f    shopper.Filter
			want string
		}{
			{shopper.Filter{}, "s0 s1 s2 s3 s4 s5"},
			{shopper.Filter{Limit: 2}, "s0 s1"},
			{shopper.Filter{Limit: 2, After: "s1"}, "s2 s3"},
			{shopper.Filter{Kind: "ASSOCIATE"}, "s4 s5"},
			{shopper.Filter{Status: shopper.Active, Fraud: true}, "s2"},
		} {
			list, err := s.List(ctx, x.f)
			var ids []string
			for _, a := range list {
				ids = append(ids, a.ID)
			}
			if got := strings.Join(ids, " "); err != nil || got != x.want {
				t.Errorf("%+v lists %q, %v", x.f, got, err)
			}
		}
		got, err := s.Count(ctx)
		want := shopper.Counts{Total: 6, Kinds: map[string]int64{"SHOPPER": 4, "ASSOCIATE": 2}, Blocked: 2, Fraud: 1}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}
