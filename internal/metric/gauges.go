package metric

import "github.com/prometheus/client_golang/prometheus"

// Gauges registers a gauge with labels that is read when asked for: at each
// scrape, from any goroutine, read calls set once for each value there is, in
// the order of labels. A value that is not set has no series.
func (s *Set) Gauges(name, help string, labels []string, read func(set func(v float64, values ...string))) {
	if s != nil {
		s.reg.MustRegister(&gauges{prometheus.NewDesc(name, help, labels, nil), read})
	}
}

type gauges struct {
	desc *prometheus.Desc
	read func(set func(v float64, values ...string))
}

func (g *gauges) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.read(func(v float64, values ...string) {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, v, values...)
	})
}
