package metric

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Set is one program's metrics. Two programs in one process have two sets.
type Set struct{ reg *prometheus.Registry }

// New makes an empty set with the Go runtime's own figures in it.
func New() *Set {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector())
	return &Set{reg: reg}
}

// Handler serves the set in the Prometheus text format.
func (s *Set) Handler() http.Handler {
	return promhttp.HandlerFor(s.reg, promhttp.HandlerOpts{})
}

// Counter counts events.
type Counter struct{ vec *prometheus.CounterVec }

// Counter registers a counter; the same name with the same labels returns the
// one that exists.
func (s *Set) Counter(name, help string, labels ...string) *Counter {
	if s == nil {
		return nil
	}
	return &Counter{register(s.reg, prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: name, Help: help}, labels))}
}

// Inc adds one.
func (c *Counter) Inc(values ...string) { c.Add(1, values...) }

// Add adds n, which is not negative.
func (c *Counter) Add(n int64, values ...string) {
	if c != nil {
		c.vec.WithLabelValues(values...).Add(float64(n))
	}
}

// Gauge is a value that goes up and down.
type Gauge struct{ vec *prometheus.GaugeVec }

// Gauge registers a gauge, or returns the one that exists.
func (s *Set) Gauge(name, help string, labels ...string) *Gauge {
	if s == nil {
		return nil
	}
	return &Gauge{register(s.reg, prometheus.NewGaugeVec(
		prometheus.GaugeOpts{Name: name, Help: help}, labels))}
}

// Set sets the value.
func (g *Gauge) Set(v float64, values ...string) {
	if g != nil {
		g.vec.WithLabelValues(values...).Set(v)
	}
}

// GaugeFunc registers a gauge that is read when asked for. The function is
// called at each scrape, from any goroutine.
func (s *Set) GaugeFunc(name, help string, f func() float64) {
	if s != nil {
		s.reg.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
}

// Seconds is a distribution of durations.
type Seconds struct{ vec *prometheus.HistogramVec }

// buckets serve answers in milliseconds and receipts in minutes alike; 2 s is
// the gate's limit and must be a boundary.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 5, 10, 30, 60, 300, 900, 3600}

// Seconds registers a histogram, or returns the one that exists.
func (s *Set) Seconds(name, help string, labels ...string) *Seconds {
	if s == nil {
		return nil
	}
	return &Seconds{register(s.reg, prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels))}
}

// Observe records one duration.
func (h *Seconds) Observe(d time.Duration, values ...string) {
	if h != nil {
		h.vec.WithLabelValues(values...).Observe(d.Seconds())
	}
}

// register adds a collector, or returns the equal one already there.
func register[C prometheus.Collector](reg *prometheus.Registry, c C) C {
	err := reg.Register(c)
	if err == nil {
		return c
	}
	if dup, ok := err.(prometheus.AlreadyRegisteredError); ok {
		return dup.ExistingCollector.(C)
	}
	panic(err) // a name used for two things is a fault of the program, found at start
}
