package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/strollhq/stroll/internal/app"
)

type serveCmd struct{ configFlag }

func (c *serveCmd) Run(s *streams) error {
	cfg, err := app.Load(c.Config)
	if err != nil {
		return err
	}
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
	go c.reloads(s.ctx, a, log)
	return a.Run(s.ctx)
}

// reloads reads the configuration again at each SIGHUP. One with a fault is
// refused as a whole and the old one stays in force.
func (c *serveCmd) reloads(ctx context.Context, a *app.App, log *slog.Logger) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			cfg, err := app.Load(c.Config)
			if err == nil {
				err = a.Reload(ctx, cfg)
			}
			if err != nil {
				log.Error("configuration refused, the old one stays in force", "error", fmt.Sprint(err))
			}
		}
	}
}

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
