package metric_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/strollhq/stroll/internal/metric"
)

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	m := metric.New()
	m.Counter("carts_total", "Carts.", "store").Inc("a")
	m.Counter("carts_total", "Carts.", "store").Add(2, "a") // the same counter again
	m.Gauge("open", "Open.").Set(7)
	m.GaugeFunc("asked", "Asked.", func() float64 { return 3 })
	m.Seconds("took_seconds", "Took.", "api").Observe(2*time.Second, "Adjust")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`carts_total{store="a"} 3`, `open 7`, `asked 3`,
		`took_seconds_bucket{api="Adjust",le="1.5"} 0`, `took_seconds_bucket{api="Adjust",le="2"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no %s", line)
		}
	}
}

func TestANilSetMeasuresNothing(t *testing.T) {
	t.Parallel()
	var m *metric.Set
	m.Counter("a", "").Inc()
	m.Gauge("b", "").Set(1)
	m.GaugeFunc("c", "", nil)
	m.Seconds("d", "").Observe(time.Second)
}
