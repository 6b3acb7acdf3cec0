package scenario

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// codeFamily is about scan codes themselves. A foreign code's parts are not
// known beyond their documented order: prefix, token, time, custom part.
func codeFamily() []Scenario {
	list := []Scenario{
		altered("code.not-alphanumeric", "a code with a character that is no letter and no digit", "entry 11.1/7 alphanumeric", func(c string) string { return c[:len(c)-1] + "!" }),
		altered("code.wrong-prefix", "a code whose first character was changed", "entry 11.1/7 prefix", func(c string) string { return change(c, 0) }),
		altered("code.unknown-token", "a code whose token was changed", "entry 11.1/7 token", func(c string) string {
			if i := clock(c); i > 0 {
				return change(c, i-1) // the token stands before the time
			}
			return change(c, len(c)/2)
		}),
		altered("code.bad-custom", "a code whose last character was changed", "entry 11.1/7 custom", func(c string) string { return change(c, len(c)-1) }),
		{
			Name: "code.altered-time", Title: "a code whose time was changed by a second",
			Explains: "Changes the seconds inside a fresh code, if they can be found.",
			Expect:   "401: the time must be the one the code was issued with.",
			Sources:  []string{"entry 11.1/7 time"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				code := st.Code(ctx, Shopper)
				i := clock(code)
				if i < 0 {
					st.Skip("the code holds no epoch seconds that could be changed")
				}
				seconds, _ := strconv.ParseInt(code[i:i+10], 10, 64)
				st.untouched(ctx, code)
				st.refusedKey(ctx, st.identity(code[:i]+strconv.FormatInt(seconds-1, 10)+code[i+10:]), "a code with another time is refused")
			},
		},
		{
			Name: "code.within-limit", Title: "a code that is not yet stale",
			Explains: "Shows a fresh code at an event that lies as much later as is surely allowed: short of the limit where it is known, else 20 seconds.",
			Expect:   "200. The limit is chosen between 30 and 90 seconds, and counts to the event's time.",
			Sources:  []string{"entry 11.1/7 within limit"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				age := 20 * time.Second
				if st.opt.Freshness > 0 {
					age = st.opt.Freshness - 3*time.Second
				}
				b := st.identity(st.Code(ctx, Shopper)).with("authEvent.timestamp", at(time.Now().Add(age)))
				st.admitted(st.ask(ctx, "a code "+age.String()+" old at the scan", identityAPI, nil, b), "the gate opens", "SHOPPER")
			},
		},
		{
			Name: "code.stale", Title: "a code that is too old",
			Explains: "Shows a fresh code at an event that lies later than the limit: 100 seconds, or just beyond the limit where it is known.",
			Expect:   "401.",
			Sources:  []string{"entry 11.1/7 beyond limit"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				age := 100 * time.Second
				if st.opt.Freshness > 0 {
					age = st.opt.Freshness + 2*time.Second
				}
				code := st.Code(ctx, Shopper)
				st.untouched(ctx, code)
				st.refusedKey(ctx, st.identity(code).with("authEvent.timestamp", at(time.Now().Add(age))), "a code "+age.String()+" old at the scan is refused")
			},
		},
		{
			Name: "code.clocks-differ", Title: "a code that seems to come from a second ahead",
			Explains: "Shows a fresh code at an event a second earlier, as happens when clocks differ.",
			Expect:   "200: a few seconds are allowed for. It is assumed, not documented, so another answer is advice.",
			Sources:  []string{"entry 11.1/7 future within"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				code := st.Code(ctx, Shopper)
				b := st.identity(code).with("authEvent.timestamp", at(time.Now().Add(-time.Second)))
				r := st.ask(ctx, "a code from a second ahead", identityAPI, nil, b)
				st.status(r, "it is decided", http.StatusOK, http.StatusUnauthorized)
				_, ok := visitor(r)
				st.Expect(ok == (r.Status == http.StatusOK), "an admission is readable", "visitorDetails", r.String())
				st.Advise(ok, "the gate opens", "200", r.String())
			},
		},
		{
			Name: "code.from-the-future", Title: "a code made ten minutes after it was scanned",
			Explains: "Shows a fresh code at an event ten minutes earlier.",
			Expect:   "401: no clock is that wrong.",
			Sources:  []string{"entry 11.1/7 future beyond"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				code := st.Code(ctx, Shopper)
				st.untouched(ctx, code)
				st.refusedKey(ctx, st.identity(code).with("authEvent.timestamp", at(time.Now().Add(-10*time.Minute))), "a code from the future is refused")
			},
		},
		{
			Name: "code.pattern", Title: "codes fit the pattern of the Merchant Portal",
			Explains: "Draws codes and holds them against the store's scan code pattern, by which the gate drops codes before anybody is asked.",
			Expect:   "Every code fits, has letters and digits only, and opens the gate.",
			Sources:  []string{"entry 11.1/7 pattern"}, Needs: []Need{NeedCode(Shopper), NeedPattern},
			Run: func(ctx context.Context, st *Stage) {
				pattern := regexp.MustCompile(st.store.ScanCodePattern)
				code := ""
				for range 5 {
					code = st.Code(ctx, Shopper)
					st.Expect(pattern.MatchString(code), "a code fits the pattern", st.store.ScanCodePattern, strconv.Itoa(len(code))+" characters that do not")
					st.Expect(alphanumeric.MatchString(code), "a code is alphanumeric", "letters and digits", "another character")
				}
				st.enterByCode(ctx, code)
			},
		},
	}
	return list
}

var alphanumeric = regexp.MustCompile(`^[0-9A-Za-z]+$`)

// altered is a code that was changed after it was issued.
func altered(name, title, source string, alter func(string) string) Scenario {
	return Scenario{
		Name: name, Title: title,
		Explains: "Draws a code, shows it unchanged, and then changed.",
		Expect:   "401 to the changed one.",
		Sources:  []string{source}, Needs: []Need{NeedCode(Shopper)},
		Run: func(ctx context.Context, st *Stage) {
			code := st.Code(ctx, Shopper)
			if len(code) < 3 {
				st.Skip("the code is too short to be changed")
			}
			st.untouched(ctx, code)
			st.refusedKey(ctx, st.identity(alter(code)), title+" is refused")
		},
	}
}

// untouched shows that the code itself is good, so that a refusal of what is
// made from it means something.
func (st *Stage) untouched(ctx context.Context, code string) {
	st.admitted(st.ask(ctx, "the code as it was issued", identityAPI, nil, st.identity(code)), "the code itself is good", "SHOPPER")
}

// change replaces one character by another of its kind.
func change(code string, i int) string {
	c := code[i]
	switch {
	case c == '9' || c == 'z' || c == 'Z' || c == 'f':
		c--
	default:
		c++
	}
	return code[:i] + string(c) + code[i+1:]
}

// clock finds the epoch seconds inside a code: ten digits that are about now.
func clock(code string) int {
	now := time.Now().Unix()
	for i := range max(0, len(code)-9) {
		seconds, err := strconv.ParseInt(code[i:i+10], 10, 64)
		if err == nil && seconds > now-300 && seconds < now+300 {
			return i
		}
	}
	return -1
}
