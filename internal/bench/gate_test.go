package bench_test

import (
	"testing"

	"github.com/strollhq/stroll/internal/db"
)

// measureGate compares both of the gate's questions with a bare handler: how
// many are answered, and how late the latest of a hundred is, at 300 a second
// and at full load.
func measureGate(t *testing.T, b *board, s *site) {
	limits := map[string]float64{db.SQLite: 0.40, db.Postgres: 0.30}
	for _, engine := range engines {
		for _, kind := range []string{"code", "card"} {
			key := "/" + engine + "/" + kind
			if !b.wants("gate-rate"+key, "gate-p99"+key, "gate-p99-full"+key) {
				continue
			}
			t.Run("gate"+key, func(t *testing.T) {
				sub := open(t, s.dsn(t, engine), "127.0.0.1:1")
				l := load{Want: "200", Kind: kind}
				if kind == "code" {
					l.Codes = sub.enrol(t, visitors)
				}
				sub.run(t)
				l.Addr = sub.addr
				gate := s.generator(t, l)
				l.Addr = bare(t)
				base := s.generator(t, l)
				base.flood(0.5)
				gate.flood(1)
				var all [6][]float64
				add := func(i int, v float64) { all[i] = append(all[i], v) }
				for range *rounds {
					r := base.flood(2)
					add(0, r.perSecond())
					add(1, millis(r.P99))
					r = gate.flood(2)
					add(2, r.perSecond())
					add(3, millis(r.P99))
					add(4, millis(base.pace(300, 3).P99))
					add(5, millis(gate.pace(300, 3).P99))
				}
				where := s.where(t, "gate"+key, func() run { return gate.flood(4) }, func() run { return base.flood(2) })
				what := map[string]string{"code": "a scan code verified, ", "card": "a card authorized, "}[kind] + name(engine)
				const handler = "a bare net/http handler that drains the same body"
				b.rates(Figure{Key: "gate-rate" + key, What: what, Baseline: handler, Unit: "/s", Where: where, Limit: limits[engine], AtLeast: true}, all[2], all[0])
				b.rates(Figure{Key: "gate-p99" + key, What: what + ", p99 at 300 a second", Baseline: handler, Unit: "ms", Where: where, Limit: 2}, all[5], all[4])
				b.rates(Figure{Key: "gate-p99-full" + key, What: what + ", p99 at full load", Baseline: handler, Unit: "ms"}, all[3], all[1])
			})
		}
	}
}

// name is an engine as people write it.
func name(engine string) string {
	return map[string]string{db.SQLite: "SQLite", db.Postgres: "PostgreSQL"}[engine]
}
