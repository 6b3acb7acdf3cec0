package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/strollhq/stroll/internal/app"
)

type serveCmd struct{ configFlag }

// Help is what --help adds.
func (*serveCmd) Help() string {
	return "SIGHUP reads the configuration again: as a whole or, with a fault or a change that needs a restart, not at all. " +
		"An interrupt or SIGTERM answers what has begun, lets running jobs end, and stops; what waits goes on at the next start."
}

func (c *serveCmd) Run(s *streams) error {
	// Before anything is answered: without a receiver the signal would end the
	// process.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)

	cfg, err := c.load()
	if err != nil {
		return err
	}
	app.TuneMemory()
	log := logger(s.err, cfg.Log)
	a, err := app.New(s.ctx, cfg, app.Env{Log: log})
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Listen(s.ctx); err != nil {
		return err
	}
	log.Info("serving", "connector", a.Addr("connector"), "portal", a.Addr("portal"),
		"admin", a.Addr("admin"), "stores", len(cfg.Stores), "profile", cfg.Profile)

	ctx, stop := context.WithCancel(s.ctx)
	var reloading sync.WaitGroup
	reloading.Go(func() { c.reloads(ctx, hup, a, log) })
	defer reloading.Wait() // before the database is closed
	defer stop()
	return a.Run(s.ctx)
}

// reloads reads the configuration again at each SIGHUP. One with a fault is
// refused as a whole and the old one stays in force.
func (c *serveCmd) reloads(ctx context.Context, hup <-chan os.Signal, a *app.App, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		cfg, err := c.load()
		if err == nil {
			err = a.Reload(ctx, cfg)
		}
		if err == nil {
			continue
		}
		for line := range strings.Lines(err.Error()) {
			if !excerpt.MatchString(line) {
				log.Error("configuration refused", "fault", strings.TrimSpace(line))
			}
		}
		log.Error("the configuration in force is still the old one", "file", c.Config)
	}
}

// excerpt is a line of the file shown around a fault, which a log is no place
// for.
var excerpt = regexp.MustCompile(`^>? *\d+ \||^ *\^|^\s*$`)

// logger makes the log a configuration asks for.
func logger(w io.Writer, cfg app.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
