package front

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the program's own counts, in a registry of their own.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics returns empty metrics.
func NewMetrics(version, database string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "standin_http_requests_total",
			Help: "Requests answered, by route."}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "standin_http_request_seconds",
			Help:    "How long answers took, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "standin_http_requests_in_flight",
			Help: "Requests being answered now."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "standin_build_info", Help: "Always 1; says what runs.",
		ConstLabels: prometheus.Labels{"version": version, "database": database}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gauge adds a value that is read whenever the metrics are. A value that cannot be read is left out.
func (m *Metrics) Gauge(log *slog.Logger, name, help string, read func(context.Context) (float64, error)) {
	m.registry.MustRegister(&gauge{log: log, desc: prometheus.NewDesc(name, help, nil, nil), read: read})
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 5 * time.Second})
}

// count adds one request. method comes from outside, so only known ones are labels.
func (m *Metrics) count(route, method string, code int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

type gauge struct {
	log  *slog.Logger
	desc *prometheus.Desc
	read func(context.Context) (float64, error)
}

// Describe implements prometheus.Collector.
func (g *gauge) Describe(to chan<- *prometheus.Desc) { to <- g.desc }

// Collect implements prometheus.Collector.
func (g *gauge) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	v, err := g.read(ctx)
	if err != nil {
		g.log.Warn("a metric could not be read", "metric", g.desc.String(), "error", err)
		return
	}
	to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, v)
}
