package demo_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/demo"
	"github.com/strollhq/stroll/jwosim"
)

// TestFullDisk fills the disk under a running store. A cart that cannot be kept
// is answered 5xx and nothing of it is there; when space returns the program
// goes on by itself, and every cart that got a 201 is charged exactly once.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	ballast := filepath.Join(dir, "ballast")
	w, err := demo.Open(t.Context(), demo.Config{
		Database: filepath.Join(dir, "stroll.db"), Seed: 1, Edit: demo.Hurry,
		Sim: func(c *jwosim.Config) {
			c.Settings.CartGiveUp, c.Settings.CartFirst = time.Millisecond, time.Millisecond
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, w.Close(), syscall.Unmount(dir, 0)); err != nil {
			t.Error(err)
		}
	})
	sku := w.App.Config().Stores[0].Prices.Items[0].SKU
	// Trips are begun while there is space: a gate on a full disk decides
	// nothing either.
	var trips []*jwosim.Trip
	for range 40 {
		trip, err := w.Sim.EnterByCard(ctx, demo.StoreID, "approve")
		if err != nil {
			t.Fatal(err)
		}
		if err := trip.Take(jwosim.Item{ID: sku}); err != nil {
			t.Fatal(err)
		}
		trips = append(trips, trip)
	}
	fill(t, ballast)
	refused := 0
	for _, trip := range trips {
		if err := w.Sim.WalkOut(ctx, trip); err != nil {
			refused++
			if _, err := w.App.Carts.Get(ctx, w.App.DB.Reader(), trip.ID()); err == nil {
				t.Errorf("trip %s was refused and its cart is there", trip.ID())
			}
		}
	}
	if refused == 0 {
		t.Fatal("the disk was never full")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for _, trip := range trips {
		if trip.State().State == "undelivered" {
			if err := w.Sim.Redeliver(ctx, trip); err != nil {
				t.Errorf("with space again: %v", err)
			}
		}
	}
	if err := w.Rest(ctx, demo.Minute, nil); err != nil {
		t.Fatal(err)
	}
	for _, b := range w.Sim.Books().Trips {
		if b.Captures != 1 {
			t.Errorf("trip %s was captured %d times", b.TripID, b.Captures)
		}
	}
}

// fill writes until the file system has no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 64<<10); len(chunk) > 0; {
		if _, err := f.Write(chunk); err != nil {
			chunk = chunk[:len(chunk)/2]
		}
	}
}
