package scenario

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const scanAPI = "ResolveScan"

// scanFamily is about the optional scan door. A connector without it answers
// 404, and then nothing here is applicable.
func scanFamily() []Scenario {
	list := []Scenario{
		{
			Name: "scan.accepted", Title: "a shopper's code is scanned",
			Explains: "Asks the optional scan connector about a fresh code.",
			Expect:   "200 with a resolution that accepts.",
			Sources:  []string{"entry 11.3/1.1"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				st.accepts(ctx, st.scan(base64.StdEncoding.EncodeToString([]byte(st.Code(ctx, Shopper)))), "a code in Base64")
			},
		},
		{
			Name: "scan.unknown", Title: "something unknown is scanned",
			Explains: "Asks about a code nobody issued.",
			Expect:   "200 with a resolution that rejects; only 200 and 500 are known to this call.",
			Sources:  []string{"entry 11.3/unknown"},
			Run: func(ctx context.Context, st *Stage) {
				r := st.resolve(ctx, st.scan(base64.StdEncoding.EncodeToString([]byte(madeUp()))), "a code nobody issued")
				st.status(r, "it is answered", http.StatusOK)
				st.Expect(json.Valid(r.Body) && !accepting(r.Body), "it is rejected", "no ACCEPT", r.String())
			},
		},
		{
			Name: "scan.plain", Title: "the code comes without Base64",
			Explains: "Asks about a fresh code, written plainly.",
			Expect:   "As in Base64: Amazon's documents show both.",
			Sources:  []string{"entry 11.3/plain"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				st.accepts(ctx, st.scan(st.Code(ctx, Shopper)), "a plain code")
			},
		},
		{
			Name: "scan.in-id", Title: "the code stands in the event's id",
			Explains: "Asks about a fresh code in scanEvent.id, with no value beside it.",
			Expect:   "As in the value: an id that is no UUID is the code.",
			Sources:  []string{"entry 11.3/id"}, Needs: []Need{NeedCode(Shopper)},
			Run: func(ctx context.Context, st *Stage) {
				code := base64.StdEncoding.EncodeToString([]byte(st.Code(ctx, Shopper)))
				st.accepts(ctx, st.scan("").with("scanEvent.value", gone{}).with("scanEvent.id", code), "a code in the id")
			},
		},
	}
	list = append(list, Scenario{
		Name: "scan.fault", Title: "nothing can be resolved",
		Explains: "Takes away what the connector depends on, asks about a scan, and gives it back.",
		Expect:   "500, or a rejection; in no case an acceptance.",
		Sources:  []string{"entry 11.3/fault"}, Needs: []Need{NeedBreak, NeedCode(Shopper)}, Alone: true,
		Run: func(ctx context.Context, st *Stage) {
			b := st.scan(base64.StdEncoding.EncodeToString([]byte(st.Code(ctx, Shopper))))
			st.accepts(ctx, b, "a code while all is well")
			mend, err := st.opt.Break(ctx)
			if err != nil {
				st.Skip("could not break: %v", err)
			}
			r := st.ask(ctx, "the same while the retailer's system is broken", scanAPI, nil, b.with("scanEvent.id", newID()))
			if err := mend(ctx); err != nil {
				st.Skip("could not mend: %v", err)
			}
			st.Expect(r.Status != http.StatusOK || json.Valid(r.Body) && !accepting(r.Body), "it is not accepted", "500", r.String())
			st.Advise(r.Status == http.StatusInternalServerError, "it says that it cannot tell", "500", r.String())
		},
	})
	for _, f := range []faulty{
		{"missing", "scan.missing-store", "storeId is missing", "storeId", gone{}, ""},
		{"missing", "scan.missing-event", "scanEvent is missing", "scanEvent", gone{}, ""},
		{"invalid", "scan.bad-request-id", "requestId is no UUID", "requestId", "x", ""},
	} {
		list = append(list, Scenario{
			Name: f.name, Title: f.title,
			Explains: "Asks the optional scan connector with a broken request: " + f.title + ".",
			Expect:   "400, which is recommended; in no case an acceptance.",
			Sources:  []string{"entry 11.3/" + f.id},
			Run: func(ctx context.Context, st *Stage) {
				r := st.resolve(ctx, st.scan(madeUp()).with(f.path, f.value), f.title)
				st.Expect(!accepting(r.Body) && r.Status != http.StatusOK, "it is not resolved", "400", r.String())
				st.Advise(r.Status == http.StatusBadRequest, "it is refused as malformed", "400", r.String())
			},
		})
	}
	return list
}

func (st *Stage) scan(value string) body {
	return body{
		"requestId": newID(), "storeId": st.store.ID,
		"scanEvent": body{"id": newID(), "timestamp": at(time.Now()), "location": "ENTRY", "value": value, "channel": "OPTICAL"},
	}
}

// resolve asks the scan door, if there is one.
func (st *Stage) resolve(ctx context.Context, b body, what string) reply {
	r := st.ask(ctx, what, scanAPI, nil, b)
	if r.Status == http.StatusNotFound {
		st.Skip("the connector has no scan door (404)")
	}
	return r
}

func (st *Stage) accepts(ctx context.Context, b body, what string) {
	r := st.resolve(ctx, b, what)
	st.Expect(r.Status == http.StatusOK && accepting(r.Body), what+" is accepted", "200 with ACCEPT", r.String())
}

// accepting finds the documented word anywhere in the answer, since the names
// of its fields are not documented.
func accepting(text []byte) bool {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return false
	}
	var find func(v any) bool
	find = func(v any) bool {
		switch v := v.(type) {
		case string:
			return strings.EqualFold(v, "ACCEPT")
		case map[string]any:
			for _, e := range v {
				if find(e) {
					return true
				}
			}
		case []any:
			for _, e := range v {
				if find(e) {
					return true
				}
			}
		}
		return false
	}
	return find(v)
}
