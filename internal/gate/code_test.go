package gate_test

import (
	"context"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/internal/shopper"
	"github.com/strollhq/stroll/internal/testkit"
)

const secret = "a secret of sixteen bytes or more"

func signedCodes(s *gate.Settings) {
	s.Codes.Custom.Keys = []gate.SigningKey{{Secret: secret}}
}

// TestScanKeyCode is case 7 of entry 11.1.
func TestScanKeyCode(t *testing.T) {
	t.Parallel()
	t.Run("7_code", onSQLite(nil, func(t *testing.T, h *house) {
		h.put("ada", nil)
		c := h.code("ada")
		other := h.code("ada")
		at := func(d time.Duration) time.Time { return c.IssuedAt.Add(d) }
		altered := c.Text[:39] + other.Text[39:]
		if altered == c.Text { // both were made within one second
			last := (c.Text[len(c.Text)-1]-'0'+1)%10 + '0'
			altered = c.Text[:len(c.Text)-1] + string(last)
		}
		for _, x := range []struct {
			title, text string
			at          time.Time
			reason      string // "" = admitted
		}{
			{"as issued", c.Text, at(0), ""},
			{"at the limit", c.Text, at(60 * time.Second), ""},
			{"beyond the limit", c.Text, at(61 * time.Second), gate.CodeStale},
			{"future within the skew", c.Text, at(-5 * time.Second), ""},
			{"future beyond the skew", c.Text, at(-6 * time.Second), gate.CodeEarly},
			{"non-alphanumeric", c.Text[:20] + "-" + c.Text[21:], at(0), gate.CodeMalformed},
			{"capital in the token", c.Text[:20] + "F" + c.Text[21:], at(0), gate.CodeMalformed},
			{"letter in the time", c.Text[:48] + "x", at(0), gate.CodeMalformed},
			{"too short", c.Text[:48], at(0), gate.CodeMalformed},
			{"prefix alone", "STROLL0", at(0), gate.CodeMalformed},
			{"custom part too long", c.Text + strings.Repeat("a", 65), at(0), gate.CodeMalformed},
			{"line break after it", c.Text + "\n", at(0), gate.CodeMalformed},
			{"wrong prefix", "STROLL1" + c.Text[7:], at(0), gate.KeyUnknown},
			{"no prefix", c.Text[7:], at(0), gate.KeyUnknown},
			{"unknown token", c.Text[:7] + strings.Repeat("ab", 16) + c.Text[39:], at(0), gate.KeyUnknown},
			{"time altered", altered, at(0), gate.CodeAltered},
			{"custom part although none is used", c.Text + "VIP", at(0), gate.CodeForged},
			{"empty after Base64", "", at(0), ""},
		} {
			t.Run(x.title, func(t *testing.T) {
				if x.text == "" {
					if a := h.verify(scan("", x.at)); a.Status != 400 { // an empty key is a missing one
						t.Errorf("answered %d", a.Status)
					}
					return
				}
				a := h.verify(scan(x.text, x.at))
				if x.reason == "" {
					h.admitted(a, "ada", "SHOPPER")
				} else {
					h.refused(a, x.reason)
				}
			})
		}
	}))
	t.Run("7_fractions_and_offsets", onSQLite(nil, func(t *testing.T, h *house) {
		c := h.ada()
		late := c.IssuedAt.Add(60*time.Second + time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z")
		h.refused(h.verify(with(scan(c.Text, c.IssuedAt), "authEvent.timestamp", late)), gate.CodeStale)
		elsewhere := c.IssuedAt.In(time.FixedZone("", 5*3600+1800)).Format("2006-01-02T15:04:05.000-07:00")
		h.admitted(h.verify(with(scan(c.Text, c.IssuedAt), "authEvent.timestamp", elsewhere)), "ada", "SHOPPER")
	}))
	t.Run("7_never_the_wall_clock", onSQLite(nil, func(t *testing.T, h *house) {
		// A code and its scan of years ago: only their distance counts.
		c := h.ada()
		old := time.Date(2019, 5, 1, 12, 0, 0, 0, time.UTC)
		err := h.db.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE recognition SET issued_at = $1`, old.UnixMilli())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.admitted(h.verify(scan(c.Text[:39]+"1556712000", old.Add(30*time.Second))), "ada", "SHOPPER")
	}))
	t.Run("7_bad_custom_part", onSQLite(signedCodes, func(t *testing.T, h *house) {
		c := h.ada()
		h.admitted(h.verify(scan(c.Text, c.IssuedAt)), "ada", "SHOPPER")
		flipped := "0"
		if strings.HasSuffix(c.Text, "0") {
			flipped = "1"
		}
		for _, text := range []string{c.Text[:49], c.Text[:80], c.Text + "00", c.Text[:len(c.Text)-1] + flipped, strings.Replace(c.Text, c.Text[49:], strings.ToUpper(c.Text[49:])+"A", 1)} {
			h.refused(h.verify(scan(text, c.IssuedAt)), gate.CodeForged)
		}
	}))
	t.Run("7_generated_codes_match_the_pattern", onSQLite(nil, matchThePattern))
}

func matchThePattern(t *testing.T, h *house) {
	h.put("ada", nil)
	generic := regexp.MustCompile(`^[A-Z0-9]{7}[0-9a-f]{32}[0-9]{10}[0-9A-Za-z]{0,64}$`)
	for _, set := range []func(s *gate.Settings){
		func(*gate.Settings) {},
		signedCodes,
		func(s *gate.Settings) {
			signedCodes(s)
			s.Codes.Custom.SignatureLength, s.Codes.Custom.MaxLength = 64, 64
		},
		func(s *gate.Settings) { s.Codes.Prefixes = []gate.Prefix{{Value: "ABCDEF1"}, {Value: "ABCDEF2"}} },
	} {
		h.change(set)
		pattern, err := h.gate.Pattern(store)
		if err != nil {
			t.Fatal(err)
		}
		published := regexp.MustCompile(pattern)
		for range 12 {
			c := h.code("ada")
			if !published.MatchString(c.Text) || !generic.MatchString(c.Text) {
				t.Errorf("%s does not match %s", c.Text, pattern)
			}
			if base64.StdEncoding.EncodedLen(len(c.Text)) > 1000 {
				t.Errorf("%s is too long for Amazon", c.Text)
			}
		}
	}
	if p, _ := h.gate.Pattern(store); p != `^(ABCDEF1|ABCDEF2)[0-9a-f]{32}[0-9]{10}[0-9A-Za-z]{0,64}$` {
		t.Errorf("pattern %s", p)
	}
	if _, err := h.gate.Pattern("elsewhere"); err == nil {
		t.Error("a pattern for a store that is not served")
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	h := open(t, testkit.SQLite(t), func(s *gate.Settings) {
		s.Codes.Prefixes = []gate.Prefix{{Value: "OLD0000"}}
		s.Codes.Custom.Keys = []gate.SigningKey{{Secret: secret + "1"}}
	})
	old := h.ada()
	now := time.Now()
	h.change(func(s *gate.Settings) {
		s.Codes.Prefixes = []gate.Prefix{{Value: "OLD0000", Until: now.Add(30 * time.Second)}, {Value: "NEW0000", Since: now}}
		s.Codes.Custom.Keys = []gate.SigningKey{{Secret: secret + "2"}, {Secret: secret + "1", Until: now.Add(30 * time.Second)}}
	})
	h.admitted(h.verify(scan(old.Text, now)), "ada", "SHOPPER") // both are valid at once
	h.refused(h.verify(scan(old.Text, now.Add(31*time.Second))), gate.PrefixEnded)
	h.change(func(s *gate.Settings) { s.Codes.Prefixes = []gate.Prefix{{Value: "OLD0000"}, {Value: "NEW0000"}} })
	h.refused(h.verify(scan(old.Text, now.Add(31*time.Second))), gate.CodeForged) // the signing key has ended
	h.change(func(s *gate.Settings) { s.Codes.Prefixes = []gate.Prefix{{Value: "NEW0000"}} })
	fresh := h.code("ada")
	if !strings.HasPrefix(fresh.Text, "NEW0000") {
		t.Errorf("issued %s", fresh.Text[:7])
	}
	h.admitted(h.verify(scan(fresh.Text, fresh.IssuedAt)), "ada", "SHOPPER")
	h.refused(h.verify(scan(old.Text, now)), gate.KeyUnknown)
	h.refused(h.verify(scan("NEW0000"+old.Text[7:], now)), gate.CodeForged) // the prefix is signed too
	h.change(func(s *gate.Settings) {
		s.Codes.Prefixes = []gate.Prefix{{Value: "NEW0000", Until: now.Add(-time.Hour)}}
	})
	if _, err := h.gate.IssueCode(t.Context(), store, "ada"); err == nil {
		t.Error("a code with a prefix that has ended")
	}
	if got := h.metric(`stroll_gate_key_until_seconds{key="NEW0000",kind="prefix",store="store-1"}`); got == "" || got == "0" {
		t.Errorf("the end of the prefix is shown as %q", got)
	}
}

// Whatever is scanned, the answer is 401 or, for a key Amazon could not have
// sent, 400; only a code that was issued opens the gate.
func TestAnyKey(t *testing.T) {
	t.Parallel()
	h := bare(t, testkit.SQLite(t), signedCodes)
	h.put("ada", func(s *shopper.Shopper) { s.Kind = "ASSOCIATE" })
	c := h.code("ada")
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(c.Text)
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			i := rapid.IntRange(0, len(text)).Draw(rt, "at")
			b := rapid.Byte().Draw(rt, "byte")
			switch rapid.IntRange(0, 2).Draw(rt, "how") {
			case 0:
				text = append(text[:i:i], append([]byte{b}, text[i:]...)...)
			case 1:
				text = append(text[:i:i], text[min(i+1, len(text)):]...)
			default:
				if i < len(text) {
					text[i] = b
				}
			}
		}
		want := 401
		if string(text) == c.Text {
			want = 200
		}
		if a := h.verify(scan(string(text), c.IssuedAt)); a.Status != want {
			rt.Errorf("%q is answered %d, want %d", text, a.Status, want)
		}
	})
}
