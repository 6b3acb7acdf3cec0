package gate_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/gate"
	"github.com/strollhq/stroll/jwo"
)

// BenchmarkVerifyIdentityKeys is an app entry with everything but the network,
// with 64 callers at once on SQLite.
func BenchmarkVerifyIdentityKeys(b *testing.B) {
	d, err := db.Open(b.Context(), db.Config{DSN: b.TempDir() + "/bench.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	h := build(b, d, nil)
	h.put("ada", nil)
	c := h.code("ada")
	key := base64.StdEncoding.EncodeToString([]byte(c.Text))
	serve := h.handler()
	h.log.off = true
	h.change(func(s *gate.Settings) { s.Identity.RateLimit.Off = true })
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := fmt.Sprintf(`{"requestId":"%s","identityKey":"%s","storeId":"%s","authEvent":{"id":"%s","timestamp":"%s","location":"ENTRY"}}`,
				uuid.NewString(), key, store, uuid.NewString(), jwo.At(c.IssuedAt.Add(time.Second)))
			w := httptest.NewRecorder()
			serve.ServeHTTP(w, httptest.NewRequest("POST", jwo.PathVerifyIdentityKeys, bytes.NewReader([]byte(body))))
			if w.Code != 200 {
				b.Fatal(w.Code, w.Body)
			}
		}
	})
}
