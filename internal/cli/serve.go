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
	return "SIGHUP reads stores, prices, rules and the log's level again: as a whole or, with a fault, not at all. " +
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
	log, level := logger(s.err, cfg.Log)
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
	reloading.Go(func() { c.reloads(ctx, hup, a, log, level) })
	defer reloading.Wait() // before the database is closed
	defer stop()
	return a.Run(s.ctx)
}

// reloads reads the configuration again at each SIGHUP. One with a fault is
// refused as a whole and the old one stays in force.
func (c *serveCmd) reloads(ctx context.Context, hup <-chan os.Signal, a *app.App, log *slog.Logger, level *slog.LevelVar) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		cfg, err := c.load()
		if err == nil {
			format := a.Config().Log.Format
			if err = a.Reload(ctx, cfg); err == nil {
				level.Set(levelOf(cfg.Log))
				if format != cfg.Log.Format {
					log.Warn("log.format changed, which needs a restart")
				}
				continue
			}
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

// logger makes the log a configuration asks for. Its level can be changed
// while it is in use.
func logger(w io.Writer, cfg app.Log) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(levelOf(cfg))
	o := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), level
	}
	return slog.New(slog.NewTextHandler(w, o)), level
}

func levelOf(cfg app.Log) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(cfg.Level)); err != nil {
		return slog.LevelInfo
	}
	return l
}
