package gate_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/jwo"
)

// answer is an HTTP answer.
type answer struct {
	Status int
	Header http.Header
	Raw    string
	Body   map[string]any
}

func (h *house) post(path string, body any) answer {
	h.t.Helper()
	var data []byte
	switch b := body.(type) {
	case string:
		data = []byte(b)
	default:
		var err error
		if data, err = json.Marshal(b); err != nil {
			h.t.Fatal(err)
		}
	}
	resp, err := h.client.Post(h.url+path, "application/json", bytes.NewReader(data))
	if err != nil {
		h.t.Error(err)
		return answer{}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Error(err)
	}
	a := answer{Status: resp.StatusCode, Header: resp.Header, Raw: string(raw)}
	if err := json.Unmarshal(raw, &a.Body); err != nil {
		h.t.Errorf("%s answered %d and no JSON: %q", path, a.Status, raw)
	}
	return a
}

// object is a JSON object.
type object = map[string]any

// scan is a VerifyIdentityKeys body for a key.
func scan(key string, at time.Time) object {
	return object{
		"requestId": uuid.NewString(), "identityKey": base64.StdEncoding.EncodeToString([]byte(key)), "storeId": store,
		"authEvent":  object{"id": uuid.NewString(), "timestamp": string(jwo.At(at)), "location": "ENTRY"},
		"keyChannel": "OPTICAL",
	}
}

// with is a copy of a body with one field set, or removed when the value is
// nil; the path goes into objects by dots.
func with(body object, path string, value any) object {
	out := maps.Clone(body)
	name, rest, deeper := strings.Cut(path, ".")
	switch {
	case deeper:
		inner, _ := out[name].(object)
		out[name] = with(inner, rest, value)
	case value == nil:
		delete(out, name)
	default:
		out[name] = value
	}
	return out
}

func (h *house) verify(body any) answer {
	h.t.Helper()
	return h.post(jwo.PathVerifyIdentityKeys, body)
}

// request decodes a body as the handler does.
func request(_ context.Context, body object) (*jwo.VerifyIdentityKeysRequest, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	var r jwo.VerifyIdentityKeysRequest
	return &r, jwo.DecodeRequest(data, &r, jwo.Limits{})
}

// breakTable makes every further row of a table impossible, as a full disk or
// a lost permission would.
func breakTable(t *testing.T, d *db.DB, table string) {
	t.Helper()
	statements := []string{
		`CREATE TRIGGER broken BEFORE INSERT ON ` + table + ` BEGIN SELECT RAISE(ABORT, 'broken'); END`,
	}
	if d.Engine() == db.Postgres {
		statements = []string{
			`CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql`,
			`CREATE TRIGGER broken BEFORE INSERT ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION broken()`,
		}
	}
	err := d.Tx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
