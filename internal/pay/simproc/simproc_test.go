package simproc_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/pay/simproc"
	"github.com/strollhq/stroll/jwo"
)

func call(key string, op pay.Op, ref string, minor int64) pay.ProcessorCall {
	return pay.ProcessorCall{Key: key, Op: op, TripID: "t", Shopper: "ann", Reference: ref, Currency: "USD", Minor: minor}
}

func TestProcessor(t *testing.T) {
	t.Parallel()
	p := simproc.New(simproc.Config{})
	auth, err := p.Do(t.Context(), call("a", pay.OpAdjust, "", 1000))
	if err != nil || auth.Status != jwo.Approved {
		t.Fatalf("%+v, %v", auth, err)
	}
	again, err := p.Do(t.Context(), call("a", pay.OpAdjust, "", 1000))
	if err != nil || again != auth {
		t.Errorf("the same key: %+v, %v", again, err)
	}
	refused := func(what string, c pay.ProcessorCall) {
		t.Helper()
		var e *pay.ProcessorError
		if _, err := p.Do(t.Context(), c); !errors.As(err, &e) || e.Outcome != jwo.Refused {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("the same key with another content", call("a", pay.OpAdjust, "", 2000))
	refused("capture above the authorization", call("b", pay.OpCapture, auth.Reference, 1001))
	for range 2 {
		if _, err := p.Do(t.Context(), call("c", pay.OpCapture, auth.Reference, 600)); err != nil {
			t.Error(err)
		}
	}
	refused("a second capture", call("d", pay.OpCapture, auth.Reference, 400))
	refused("cancel after capture", call("e", pay.OpCancel, auth.Reference, 0))
	refused("cancel of nothing", call("f", pay.OpCancel, "auth-9", 0))
	if _, err := p.Status(t.Context(), "c"); err != nil {
		t.Error(err)
	}
	if _, err := p.Status(t.Context(), "never"); !errors.Is(err, pay.ErrNoSuchKey) {
		t.Errorf("status of a key never seen: %v", err)
	}
	want := []simproc.Account{{Reference: auth.Reference, TripID: "t", Shopper: "ann", Currency: "USD", Authorized: 1000, Captured: 600, Captures: 1, State: "captured"}}
	if diff := cmp.Diff(want, p.Books()); diff != "" {
		t.Error(diff)
	}
}
