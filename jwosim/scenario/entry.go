package scenario

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const identityAPI = "VerifyIdentityKeys"

// entryFamily is what VerifyIdentityKeys accepts and refuses, field by field.
func entryFamily() []Scenario {
	list := []Scenario{
		accepted("entry.valid-code", "a shopper shows a valid code", Shopper, "SHOPPER", "entry 11.1/1.1", "entry 11.2/IV-001", "entry 11.2/combo identity valid"),
		accepted("entry.associate", "an associate shows a valid key", Associate, "ASSOCIATE", "entry 11.1/1.2"),
		accepted("entry.cash-shopper", "a cash shopper shows a valid key", Cash, "CASH_SHOPPER", "entry 11.1/1.3"),
		{
			Name: "entry.unknown-code", Title: "a code nobody issued",
			Explains: "Asks about a well-formed key that is not on record.",
			Expect:   "401, and the gate stays closed.",
			Sources:  []string{"entry 11.1/2 unknown", "entry 11.2/combo identity invalid"},
			Run: func(ctx context.Context, st *Stage) {
				st.refusedKey(ctx, st.identity(madeUp()), "a key nobody issued is refused")
			},
		},
	}
	for _, r := range []struct {
		role        Role
		name, title string
		source      string
	}{
		{Indebted, "entry.indebted", "a shopper who owes", "entry 11.1/2 debt"},
		{Flagged, "entry.flagged", "a shopper flagged for fraud", "entry 11.1/2 flag"},
		{OldCard, "entry.expired-card", "a shopper whose card on file has expired", "entry 11.1/2 expired card"},
		{NoMethod, "entry.no-method", "a shopper without a payment method", "entry 11.1/2 no method"},
		{Revoked, "entry.revoked", "a code that was taken back", "entry 11.1/2 revoked"},
	} {
		list = append(list, Scenario{
			Name: r.name, Title: r.title,
			Explains: "Asks about the code of somebody who is known and must not enter.",
			Expect:   "401, and never a 5xx: after one the gate would do what the store's default says, which may be to open.",
			Sources:  []string{r.source}, Needs: []Need{NeedCode(r.role)},
			Run: func(ctx context.Context, st *Stage) {
				st.refusedKey(ctx, st.identity(st.Code(ctx, r.role)), r.title+" is refused")
			},
		})
	}
	for _, f := range identityFaults {
		list = append(list, f.scenario("entry", identityAPI, "entry 11.1/"))
	}
	return append(list, entryOddities()...)
}

// accepted is an entry that must be let in as what it is.
func accepted(name, title string, role Role, kind string, sources ...string) Scenario {
	return Scenario{
		Name: name, Title: title,
		Explains: "Asks about a fresh key as the gate does.",
		Expect:   "200 with visitorDetails of type " + kind + " and an id that is stable; within two seconds.",
		Sources:  sources, Needs: []Need{NeedCode(role)},
		Run: func(ctx context.Context, st *Stage) {
			r := st.ask(ctx, "a key of somebody who "+explain(role), identityAPI, nil, st.identity(st.Code(ctx, role)))
			st.admitted(r, "the gate opens", kind)
			st.Expect(r.Took < 2*time.Second, "the answer comes in time", "under 2s", r.Took.String())
		},
	}
}

// refusedKey expects the refusal of a shopper.
func (st *Stage) refusedKey(ctx context.Context, b body, what string) {
	r := st.ask(ctx, what, identityAPI, nil, b)
	st.status(r, what, http.StatusUnauthorized)
	st.Expect(r.Took < 2*time.Second, "the answer comes in time", "under 2s", r.Took.String())
}

// faulty is one way to break a request.
type faulty struct {
	id, name, title string
	path            string
	value           any
	field           string // named by a good answer; default the path
}

// identityFaults are the cases of group 3.
var identityFaults = []faulty{
	{"3.1", "missing-request-id", "requestId is missing", "requestId", gone{}, ""},
	{"3.2", "bad-request-id", "requestId is no UUID", "requestId", "not-a-uuid", ""},
	{"3.3", "missing-key", "identityKey is missing", "identityKey", gone{}, ""},
	{"3.4", "long-key", "identityKey has more than 1000 characters", "identityKey", strings.Repeat("QUJD", 251), ""},
	{"3.5", "key-not-base64", "identityKey is not Base64", "identityKey", "%%% not Base64 %%%", ""},
	{"3.6", "missing-store", "storeId is missing", "storeId", gone{}, ""},
	{"3.7", "long-store", "storeId has more than 255 characters", "storeId", strings.Repeat("s", 256), ""},
	{"3.8", "unknown-store", "storeId is no store served", "storeId", "no-such-store", ""},
	{"3.9", "missing-event", "authEvent is missing", "authEvent", gone{}, ""},
	{"3.10", "missing-event-id", "authEvent.id is missing", "authEvent.id", gone{}, ""},
	{"3.11", "bad-event-id", "authEvent.id is no UUID", "authEvent.id", "event-1", ""},
	{"3.12", "missing-timestamp", "authEvent.timestamp is missing", "authEvent.timestamp", gone{}, ""},
	{"3.13", "bad-timestamp", "authEvent.timestamp is no ISO-8601 time", "authEvent.timestamp", "yesterday at noon", ""},
	{"3.14", "missing-location", "authEvent.location is missing", "authEvent.location", gone{}, ""},
	{"3.15", "bad-location", "authEvent.location is not of the enumeration", "authEvent.location", "MOON", ""},
	{"3.16", "bad-channel", "keyChannel is not of the enumeration", "keyChannel", "TELEPATHY", ""},
	{"3.17", "empty-body", "the request has no body", "", nil, ""},
}

// scenario of a faulty request to the gate: refused as malformed, while the
// same request without the fault is only refused for its key.
func (f faulty) scenario(family, api, source string) Scenario {
	return Scenario{
		Name: family + "." + f.name, Title: f.title,
		Explains: "Sends " + api + " once well-formed, with a key nobody issued, and once broken: " + f.title + ".",
		Expect:   "400 to the broken request, saying which field is at fault; 401 to the other, since nothing is wrong with its form.",
		Sources:  []string{source + f.id},
		Run: func(ctx context.Context, st *Stage) {
			whole := st.identity(madeUp())
			st.refusedKey(ctx, whole, "well-formed with an unknown key")
			r := st.send(ctx, f.title, api, nil, f.text(st, whole.with("authEvent.id", newID())))
			st.status(r, "the broken request is refused", http.StatusBadRequest)
			if f.path != "" {
				st.names(r, f.path)
			}
		},
	}
}

// text is the broken request.
func (f faulty) text(st *Stage, whole body) []byte {
	if f.path == "" {
		return nil
	}
	return st.override(whole).with(f.path, f.value).text()
}

func entryOddities() []Scenario {
	return []Scenario{
		{
			Name: "entry.no-channel", Title: "keyChannel is left out",
			Explains: "Leaves out the one optional field.",
			Expect:   "200, as with it.",
			Sources:  []string{"entry 11.1/3.16 absent"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				b := st.identity(st.Code(ctx, Shopper)).with("keyChannel", gone{})
				st.admitted(st.ask(ctx, "without keyChannel", identityAPI, nil, b), "the gate opens", "SHOPPER")
			},
		},
		{
			Name: "entry.unknown-fields", Title: "fields nobody knows, at every depth",
			Explains: "Adds attributes that may come in a later version of the contract to every object of the request.",
			Expect:   "200: they are ignored.",
			Sources:  []string{"entry 11.1/extra fields"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				b := st.identity(st.Code(ctx, Shopper)).strangers()
				st.admitted(st.ask(ctx, "with unknown fields", identityAPI, nil, b), "the gate opens", "SHOPPER")
			},
		},
		{
			Name: "entry.longest-key", Title: "a key of exactly 1000 characters",
			Explains: "Sends a key as long as is allowed that nobody issued, and one that is a character longer.",
			Expect:   "401 to the first: it is only unknown, not too long. 400 to the second.",
			Sources:  []string{"entry 11.1/lengths"},
			Run: func(ctx context.Context, st *Stage) {
				key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 750)))
				st.refusedKey(ctx, st.identity("").with("identityKey", key), fmt.Sprintf("a key of %d characters is not too long", len(key)))
				r := st.ask(ctx, "a longer key", identityAPI, nil, st.identity("").with("identityKey", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 751)))))
				st.status(r, "a longer key is malformed", http.StatusBadRequest)
			},
		},
	}
}
