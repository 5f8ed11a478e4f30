package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what /metrics shows, on a port of its own.
type metrics struct {
	registry *prometheus.Registry
	lastGood *prometheus.GaugeVec
	runs     *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		lastGood: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tuanbot_worker_last_good_seconds", Help: "When a worker last did its round without an error, in Unix seconds.",
		}, []string{"worker"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tuanbot_worker_rounds_total", Help: "Rounds that a worker did without an error.",
		}, []string{"worker"}),
	}
	m.registry.MustRegister(m.lastGood, m.runs, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) good(worker string) {
	m.lastGood.WithLabelValues(worker).SetToCurrentTime()
	m.runs.WithLabelValues(worker).Inc()
}

// serve answers on addr until the context ends; an empty address means nobody asks. A taken port is no reason to stop
// selling, so it only costs the metrics.
func (m *metrics) serve(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		<-ctx.Done()
		return nil //nolint:nilerr // see above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime}
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(stop) // nobody waits for a scrape
	}()
	if err := srv.Serve(door); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
