package shopper

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/strollhq/stroll/internal/fault"
	"github.com/strollhq/stroll/jwo"
)

// Statuses of an account.
const (
	Active  = "active"
	Blocked = "blocked" // refused at every gate and given no codes
)

// Shopper is one account. Its ID is what Amazon is told as the visitor and
// returns in the cart, so it is stable and says nothing about the person.
type Shopper struct {
	ID            string    // 1 to 255 characters, no spaces or control characters
	Kind          string    // jwo.Shopper (the default), jwo.Associate or jwo.CashShopper
	Name          string    // as shown on receipts; may be empty
	Email         string    // may be empty
	Status        string    // Active (the default) or Blocked
	Fraud         bool      // flagged: refused until the flag is taken back
	PaymentMethod bool      // has chosen one that can be charged
	CardExpires   time.Time // first moment at which it cannot be charged; zero = not known
	Created       time.Time // default: when it was first put
}

// maxText bounds names and addresses.
const maxText = 255

// complete is s with its defaults, or an error of kind fault.Invalid that
// names every faulty field.
func (s Shopper) complete() (Shopper, error) {
	if s.Kind == "" {
		s.Kind = jwo.Shopper
	}
	if s.Status == "" {
		s.Status = Active
	}
	var wrong []string
	if !validID(s.ID) {
		wrong = append(wrong, "id is not 1 to 255 characters without spaces")
	}
	if s.Kind != jwo.Shopper && s.Kind != jwo.Associate && s.Kind != jwo.CashShopper {
		wrong = append(wrong, "kind is not SHOPPER, ASSOCIATE or CASH_SHOPPER")
	}
	if s.Status != Active && s.Status != Blocked {
		wrong = append(wrong, "status is not active or blocked")
	}
	if len(s.Name) > maxText || !printable(s.Name) {
		wrong = append(wrong, "name is longer than 255 bytes or not printable")
	}
	if s.Email != "" {
		if a, err := mail.ParseAddress(s.Email); err != nil || a.Address != s.Email || len(s.Email) > maxText {
			wrong = append(wrong, "email is not an address")
		}
	}
	if len(wrong) > 0 {
		return s, fault.New(fault.Invalid, "shopper: %s", strings.Join(wrong, "; "))
	}
	return s, nil
}

func validID(id string) bool {
	return id != "" && len(id) <= maxText && printable(id) && !strings.ContainsFunc(id, unicode.IsSpace)
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Change is one entry of an account's history.
type Change struct {
	ShopperID string
	At        time.Time
	Operator  string // who did it; Import when it came with Put
	What      string // created, kind, status or fraud
	Was       string
	Became    string
	Reason    string
}

// Import is the operator of changes that came with Put: the retailer's own
// systems.
const Import = "import"

// Act is who changes an account, and why; both are required.
type Act struct {
	ShopperID string
	Operator  string
	Reason    string
}

func (a Act) check() error {
	if strings.TrimSpace(a.Operator) == "" || strings.TrimSpace(a.Reason) == "" {
		return fault.New(fault.Invalid, "change shopper %s: an operator and a reason are needed", a.ShopperID)
	}
	return nil
}
