package gate_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/testkit"
)

func TestConnectivityKey(t *testing.T) {
	t.Parallel()
	// VAL-CONN-001: the registered test key yields 200 at test stores only.
	h := open(t, testkit.SQLite(t), func(s *gate.Settings) {
		s.OpaqueKeys = []gate.OpaqueKey{{Key: "connectivity/{test}", Visitor: "amazon-test", TestOnly: true}}
	})
	h.refused(h.verify(scan("connectivity/{test}", time.Unix(0, 0))), gate.KeyUnknown)
	h.change(func(s *gate.Settings) { s.TestStore = true })
	h.admitted(h.verify(scan("connectivity/{test}", time.Unix(1, 0))), "amazon-test", "SHOPPER")
}

// The gate's own reading of a key that is no text must not differ from what
// was scanned.
func TestBinaryKey(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), nil)
	body := with(scan("", time.Now()), "identityKey", base64.StdEncoding.EncodeToString([]byte{0, 255, 1, 2}))
	h.refused(h.verify(body), gate.KeyUnknown)
	body = with(body, "authEvent.id", uuid.NewString())
	h.refused(h.verify(with(body, "identityKey", base64.StdEncoding.EncodeToString([]byte("STROLL0\xff\xfe")))), gate.CodeMalformed)
}

func TestNothingSecretIsKept(t *testing.T) {
	t.Parallel()
	d := testkit.SQLite(t)
	h := open(t, d, keys)
	c := h.ada()
	h.verify(scan(c.Text, c.IssuedAt))
	h.verify(scan("staff:0007/nadia", time.Now()))
	h.verify(scan(c.Text, c.IssuedAt.Add(time.Hour)))
	var all strings.Builder
	for _, q := range []string{
		`SELECT id || event_key || body || visitor || reason || shadow || answer FROM gate_decision`,
		`SELECT token || shopper_id || prefix FROM recognition`, `SELECT code FROM gate_decision`,
	} {
		rows, err := d.Reader().QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Error(err)
			}
			all.WriteString(s)
		}
		rows.Close()
	}
	text := all.String() + h.log.String()
	for _, secret := range []string{c.Text, c.Token, "staff:0007", base64.StdEncoding.EncodeToString([]byte(c.Text))} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is kept or logged", secret)
		}
	}
}
