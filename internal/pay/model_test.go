package pay_test

import (
	"time"

	"github.com/strollhq/stroll/jwo"
)

// model is the life of a payment told a second time, from the contract
// (payments 9.4 and 9.5) and without looking at the program: no table, no
// database, no jobs, only what happens next and when. TestModel compares the two
// after every step.
type model struct {
	state, from              string // from: what PARKED was entered out of
	act                      string // charge, release, hold; empty without a cart
	total, auth, got, debt   int64  // minor units
	expires, due, doubt      time.Time
	pendings                 int
	sent, barred, lost       bool      // a Capture left; it may not be repeated; its answer was lost
	approved, declined       time.Time // the latest news of each kind
	adjusts, captures, frees []string  // Amazon's next answers; good ones when empty
	took                     int64     // by Amazon, which knows best
}

const grace = 20 * time.Minute

func next(answers *[]string) (a string) {
	if len(*answers) > 0 {
		a, *answers = (*answers)[0], (*answers)[1:]
	}
	return a
}

func (m *model) final() bool {
	switch m.state {
	case "CAPTURE_INITIATED", "CAPTURED", "CAPTURE_DECLINED", "CANCEL_INITIATED", "EXPIRED", "NEVER_CHARGED":
		return true
	}
	return false
}

// to moves on; at once unless a time is given.
func (m *model) to(state string, due time.Time) {
	if state == "PARKED" && m.state != "PARKED" {
		m.from = m.state
	}
	m.state, m.due = state, due
	if m.state != "PARKED" {
		m.from = ""
	}
	if m.final() {
		m.due = time.Time{}
	}
}

// end is when the clock moves it; zero when that is over or for a person.
func (m *model) end() time.Time {
	switch {
	case m.state == "", m.final(), m.state == "PARKED" && (m.from == "CAPTURE_UNKNOWN" || m.act == "hold"):
		return time.Time{}
	case m.state == "CAPTURE_UNKNOWN" && m.doubt.After(m.expires):
		return m.doubt.Add(grace)
	case m.state == "CAPTURE_UNKNOWN":
		return m.expires.Add(grace)
	}
	return m.expires
}

func (m *model) expire() {
	switch {
	case m.state == "CAPTURE_UNKNOWN":
		m.to("PARKED", time.Time{})
	case m.state == "PREAUTHORIZED", m.state == "CANCEL_UNKNOWN", m.act == "release":
		m.to("NEVER_CHARGED", time.Time{})
	default:
		m.to("EXPIRED", time.Time{})
		m.debt = m.total
	}
}

// until lets time pass.
func (m *model) until(now time.Time) {
	for {
		at, over := m.due, false
		if m.state == "PARKED" {
			at = time.Time{} // kept for when it goes on
		}
		if end := m.end(); !end.IsZero() && (at.IsZero() || !at.Before(end)) {
			at, over = end, true
		}
		switch {
		case at.IsZero() || at.After(now):
			return
		case over:
			m.expire()
		default:
			m.call(at)
		}
	}
}

func (m *model) call(at time.Time) {
	switch m.state {
	case "CART_PRICED", "ADJUST_PENDING", "ADJUST_UNKNOWN":
		m.adjust(at)
	case "ADJUST_APPROVED":
		m.capture(at)
	case "CAPTURE_UNKNOWN":
		switch {
		case m.took > 0 && (m.barred || m.lost): // the receipt's data show it
			m.captured("CAPTURE_INITIATED", m.auth)
		case m.barred, !at.Before(m.expires):
			m.due = at.Add(grace)
		default:
			m.capture(at)
		}
	default:
		m.free(at)
	}
}

func (m *model) adjust(at time.Time) {
	a := next(&m.adjusts)
	if a != "pending" {
		m.pendings = 0
	}
	switch a {
	case "", "partial:50":
		if m.auth = m.total; a != "" {
			m.auth /= 2
		}
		m.to("ADJUST_APPROVED", at)
	case "declined":
		m.debt = m.total
		m.to("ADJUST_DECLINED", at)
	case "pending":
		m.pendings++
		m.to("ADJUST_PENDING", at.Add(min(time.Minute<<min(m.pendings-1, 6), time.Hour)))
	case "500", "500-after", "lost", "reset", "malformed":
		m.to("ADJUST_UNKNOWN", at)
	case jwo.ShoppingTripExpired:
		m.expire()
	default:
		m.to("PARKED", time.Time{})
	}
}

func (m *model) capture(at time.Time) {
	m.sent, m.lost = true, false
	a := next(&m.captures)
	switch a {
	case "", "500-after", "lost":
		m.took = m.auth
	}
	switch a {
	case "":
		m.captured("CAPTURE_INITIATED", m.auth)
	case "500", "500-after": // Amazon's word: asked again at once
		if m.doubt.IsZero() {
			m.doubt = at
		}
		m.to("CAPTURE_UNKNOWN", at)
	case "lost", "reset": // silence: evidence first
		m.doubt, m.lost = at, true
		m.to("CAPTURE_UNKNOWN", at.Add(grace))
	default:
		switch {
		case !m.doubt.IsZero(): // proves nothing about the first
			m.barred = true
			m.to("CAPTURE_UNKNOWN", at)
		case a == jwo.ShoppingTripExpired:
			m.expire()
		default:
			m.to("PARKED", time.Time{})
		}
	}
}

func (m *model) captured(state string, amount int64) {
	m.got, m.debt, m.barred, m.doubt = amount, m.total-amount, false, time.Time{}
	m.to(state, time.Time{})
}

// free releases what is held.
func (m *model) free(at time.Time) {
	switch a := next(&m.frees); {
	case a == "":
		m.to("CANCEL_INITIATED", time.Time{})
	case a == "500" || a == "500-after" || a == "lost" || a == "reset":
		m.to("CANCEL_UNKNOWN", at)
	case m.state == "CANCEL_UNKNOWN":
		m.to("CANCEL_INITIATED", time.Time{})
	case m.state == "ADJUST_DECLINED" || a != jwo.BadRequestException:
		m.to("NEVER_CHARGED", time.Time{})
	default:
		m.to("PARKED", time.Time{})
	}
}

// cart gives the payment a price, or nothing to charge.
func (m *model) cart(act string, total int64, now time.Time) {
	m.act, m.total, m.auth = act, total, 0
	if m.state == "" {
		m.state = "PREAUTHORIZED" // the cart is the first news
	}
	if act == "charge" && total == 0 {
		m.act = "release"
	}
	switch m.act {
	case "hold":
		m.to("PARKED", time.Time{})
	case "release":
		m.to("PREAUTHORIZED", now)
	default:
		m.to("CART_PRICED", now)
	}
}

// news applies a report of a Capture's fate; the latest by its own time counts.
func (m *model) news(approved bool, at time.Time) {
	if approved && at.After(m.approved) {
		m.approved = at
	} else if !approved && at.After(m.declined) {
		m.declined = at
	}
	asked, no := m.auth, m.declined.After(m.approved)
	if !m.sent {
		asked = m.total
	}
	switch m.state {
	case "CAPTURE_UNKNOWN", "CAPTURE_INITIATED", "CAPTURED", "CAPTURE_DECLINED", "EXPIRED", "PARKED":
	default:
		return
	}
	switch {
	case m.state == "EXPIRED" && no, m.state != "EXPIRED" && !m.sent, m.state == "PARKED" && m.act == "hold":
	case no:
		m.captured("CAPTURE_DECLINED", 0)
	default:
		m.captured("CAPTURED", asked)
	}
}
