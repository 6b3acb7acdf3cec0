package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/strollhq/stroll/internal/connector"
)

// drain is how long a stop waits for requests that are being answered.
const drain = 10 * time.Second

// door is one listener and the server behind it.
type door struct {
	name   string
	lis    net.Listener
	server *http.Server
}

func (d *door) close() error {
	err := d.lis.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// open opens the listeners.
func (a *App) open(cfg *Config) error {
	listen := a.env.Listen
	if listen == nil {
		listen = func(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	for _, d := range []struct {
		name, addr string
		server     *http.Server
	}{
		{"connector", cfg.Listen.Connector, connector.Server(a.connector)},
		{"portal", cfg.Listen.Portal, server(a.portal())},
		{"admin", cfg.Listen.Admin, server(a.admin())},
	} {
		lis, err := listen(d.addr)
		if err != nil {
			return fmt.Errorf("open listen.%s: %w", d.name, err)
		}
		a.doors = append(a.doors, &door{d.name, lis, d.server})
	}
	return nil
}

// server is for people: a slow or silent caller holds a connection, never a
// worker, and not for long.
func server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// Addr is the address of a door: connector, portal or admin.
func (a *App) Addr(name string) string {
	for _, d := range a.doors {
		if d.name == name {
			return d.lis.Addr().String()
		}
	}
	return ""
}

// Run serves until the context ends. Then it takes no new work, answers what
// it has begun, lets running jobs finish and writes what waits; what is left
// is in the database and goes on at the next start.
func (a *App) Run(ctx context.Context) error {
	if len(a.doors) == 0 {
		if err := a.Listen(ctx); err != nil {
			return err
		}
	}
	failed := make(chan error, len(a.doors)+3)
	var serving sync.WaitGroup
	for _, d := range a.doors {
		serving.Go(func() {
			if err := d.server.Serve(d.lis); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", d.name, err)
			}
		})
	}
	stopJobs := background(ctx, "jobs", a.Jobs.Run, failed)
	stopJournal := background(ctx, "journal", a.Journal.Run, failed)
	stopHousekeeping := background(ctx, "housekeeping", a.housekeeping, failed)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.stopping.Store(true)
	a.log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	for _, d := range a.doors {
		if e := d.server.Shutdown(grace); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", d.name, e), d.server.Close())
		}
	}
	serving.Wait()
	stopHousekeeping()
	stopJobs()
	stopJournal() // last: the others still write to it
	return err
}

// background runs f until the function returned is called, which waits for f
// to end. The end of ctx alone does not stop it, so that Run decides the order.
func background(ctx context.Context, name string, f func(context.Context) error, failed chan<- error) (stop func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(work); err != nil && work.Err() == nil {
			failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
	return func() { cancel(); <-done }
}

// housekeeping forgets what is older than the configuration keeps, and audits.
func (a *App) housekeeping(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	audited := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			keep := a.Config().Keep
			if _, err := a.Journal.Purge(ctx, now.Add(-keep.Calls)); err != nil {
				a.log.Warn("forget old calls", "error", err)
			}
			if _, err := a.Gate.Purge(ctx, now.Add(-keep.Decisions)); err != nil {
				a.log.Warn("forget old gate decisions", "error", err)
			}
			if every := a.Config().Audit.Every; every > 0 && now.Sub(audited) >= every {
				audited = now
				if _, err := a.Pay.Audit(ctx); err != nil {
					a.log.Warn("audit", "error", err)
				}
			}
		}
	}
}
