package gate

import (
	"context"
	"log/slog"
	"sync"

	"github.com/strollhq/stroll/internal/db"
	"github.com/strollhq/stroll/internal/metric"
	"github.com/strollhq/stroll/internal/pay"
	"github.com/strollhq/stroll/internal/shopper"
)

// Debts answers what a payer owes, as seen by the transaction it is given. It
// must not wait, and should end with its context.
type Debts interface {
	Owed(ctx context.Context, q db.Querier, who pay.Who) (pay.Balance, error)
}

// Links remembers which instrument entered on which trip, in the transaction
// it is given, so that a later debt reaches the instrument.
type Links interface {
	Link(ctx context.Context, tx *db.Tx, l pay.Link) error
}

// Entrances is told of app shoppers who are let in, for the pre-authorization
// of the retailer's own processor.
type Entrances interface {
	// Enter asks for it in the transaction of the admission, to be made later.
	Enter(ctx context.Context, tx *db.Tx, e pay.Entrance) error
	// EnterNow makes it and answers whether it was refused. The same event may
	// come again.
	EnterNow(ctx context.Context, e pay.Entrance) (refused bool, err error)
}

// Books links an entry without reading; see pay.GuessLink.
type Books interface {
	GuessLink(ctx context.Context, w db.Putter, l pay.Link) (ok bool, err error)
}

// Config is what New needs. DB, Shoppers, Debts, Links and Settings are
// required.
type Config struct {
	DB       *db.DB
	Shoppers *shopper.Shoppers
	Debts    Debts
	Links    Links
	// Entrances is optional; nil tells nobody.
	Entrances Entrances
	// EnterFirst answers whether a store pre-authorizes app shoppers before the
	// gate opens (own_processor.preauth: before_answer). Nil: none does.
	EnterFirst func(storeID string) bool
	// Enters answers whether a store pre-authorizes app shoppers at all. Nil:
	// every one, if there are Entrances.
	Enters func(storeID string) bool
	// Books lets a decision be one statement. It says that Debts and Links are
	// kept in DB as package pay keeps them. Nil: each decision reads first.
	Books Books
	// Settings answers a store's settings in force; false for a store that is
	// not served. It is asked for every request: a reload takes effect at once.
	// What it points to must not change; the same settings are best told by the
	// same pointer.
	Settings func(storeID string) (*Settings, bool)
	// Promotions answers the ids of the promotions a visitor has, for
	// GetScanDetails. Nil: none.
	Promotions func(ctx context.Context, storeID, visitor string) ([]string, error)
	Log        *slog.Logger // nil is silent
	Metrics    *metric.Set  // nil counts nothing
}

// Gate decides on entries. Its methods may be called from any goroutine, and
// several Gates, in one process or many, may share a database.
type Gate struct {
	c        Config
	log      *slog.Logger
	m        *metrics
	policies sync.Map // store id → *policy
	flights  flights
	watches  sync.Map // store id → *watch
	hints    hints
}

// New makes a Gate.
func New(c Config) *Gate {
	g := &Gate{c: c, log: c.Log, m: newMetrics(c.Metrics)}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.flights.list = map[string]*flight{}
	return g
}
