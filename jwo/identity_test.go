package jwo_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func TestVerifyIdentityKeys_group_3(t *testing.T) {
	t.Parallel()
	refused(t, jwo.PathVerifyIdentityKeys, identityBody, []fault{
		{"3.1 requestId missing", []edit{{"requestId", drop{}}}, []string{"requestId"}},
		{"3.1 requestId null", []edit{{"requestId", nil}}, []string{"requestId"}},
		{"3.1 requestId empty", []edit{{"requestId", ""}}, []string{"requestId"}},
		{"3.2 requestId bad format", []edit{{"requestId", requestA + "0"}}, []string{"requestId"}},
		{"3.2 requestId without dashes", []edit{{"requestId", strings.ReplaceAll(requestA, "-", "")}}, []string{"requestId"}},
		{"3.2 requestId not hexadecimal", []edit{{"requestId", "g" + requestA[1:]}}, []string{"requestId"}},
		{"3.2 requestId in braces", []edit{{"requestId", "{" + requestA + "}"}}, []string{"requestId"}},
		{"3.2 requestId no string", []edit{{"requestId", 7}}, []string{"requestId"}},
		{"3.3 identityKey missing", []edit{{"identityKey", drop{}}}, []string{"identityKey"}},
		{"3.3 identityKey empty", []edit{{"identityKey", ""}}, []string{"identityKey"}},
		{"3.4 identityKey over 1000 characters", []edit{{"identityKey", strings.Repeat("QUFB", 250) + "QUFB"}}, []string{"identityKey"}},
		{"3.5 identityKey not Base64", []edit{{"identityKey", "not base64!"}}, []string{"identityKey"}},
		{"3.5 identityKey without padding", []edit{{"identityKey", "U1RST0xMMQ"}}, []string{"identityKey"}},
		{"3.5 identityKey of the URL alphabet", []edit{{"identityKey", "_-_-"}}, []string{"identityKey"}},
		{"3.5 identityKey with a line break", []edit{{"identityKey", "U1RS\nT0xM"}}, []string{"identityKey"}},
		{"3.5 identityKey with a space", []edit{{"identityKey", "U1RS T0x"}}, []string{"identityKey"}},
		{"3.6 storeId missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"3.7 storeId over 255", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"3.8 storeId invalid", []edit{{"storeId", map[string]any{"id": "x"}}}, []string{"storeId"}},
		{"3.9 authEvent missing", []edit{{"authEvent", drop{}}}, []string{"authEvent"}},
		{"3.9 authEvent null", []edit{{"authEvent", nil}}, []string{"authEvent"}},
		{"3.9 authEvent no object", []edit{{"authEvent", "x"}}, []string{"authEvent"}},
		{"3.9 authEvent empty", []edit{{"authEvent", map[string]any{}}}, []string{"authEvent.id", "authEvent.timestamp", "authEvent.location"}},
		{"3.10 authEvent.id missing", []edit{{"authEvent.id", drop{}}}, []string{"authEvent.id"}},
		{"3.11 authEvent.id format", []edit{{"authEvent.id", "event-1"}}, []string{"authEvent.id"}},
		{"3.12 authEvent.timestamp missing", []edit{{"authEvent.timestamp", drop{}}}, []string{"authEvent.timestamp"}},
		{"3.13 authEvent.timestamp format", []edit{{"authEvent.timestamp", "01/03/2026 09:30"}}, []string{"authEvent.timestamp"}},
		{"3.13 authEvent.timestamp without zone", []edit{{"authEvent.timestamp", "2026-03-01T09:30:00"}}, []string{"authEvent.timestamp"}},
		{"3.13 authEvent.timestamp no date", []edit{{"authEvent.timestamp", "2026-02-30T09:30:00Z"}}, []string{"authEvent.timestamp"}},
		{"3.13 authEvent.timestamp a number", []edit{{"authEvent.timestamp", 1772357400}}, []string{"authEvent.timestamp"}},
		{"3.14 authEvent.location missing", []edit{{"authEvent.location", drop{}}}, []string{"authEvent.location"}},
		{"3.15 authEvent.location invalid value", []edit{{"authEvent.location", "ROOF"}}, []string{"authEvent.location"}},
		{"3.15 authEvent.location in lower case", []edit{{"authEvent.location", "entry"}}, []string{"authEvent.location"}},
		{"3.16 keyChannel invalid value", []edit{{"keyChannel", "SMELL"}}, []string{"keyChannel"}},
		{"3.17 empty object", []edit{{"requestId", drop{}}, {"identityKey", drop{}}, {"storeId", drop{}}, {"authEvent", drop{}}, {"keyChannel", drop{}}},
			[]string{"requestId", "identityKey", "storeId", "authEvent"}},
		{"all faulty fields at once", []edit{{"requestId", 5}, {"identityKey", "?"}, {"storeId", long(256)}, {"authEvent.id", "x"},
			{"authEvent.timestamp", "x"}, {"authEvent.location", "x"}, {"keyChannel", true}},
			[]string{"requestId", "identityKey", "storeId", "authEvent.id", "authEvent.timestamp", "authEvent.location", "keyChannel"}},
	})
	for title, body := range map[string]string{"3.17 empty request body": "", "3.17 white space": "  ", "malformed": identityBody[:40],
		"trailing data": identityBody + "{}", "an array": "[" + identityBody + "]"} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jwo.HandlerConfig{})
			if r := s.post(t, jwo.PathVerifyIdentityKeys, body); r.status != 400 || !same(r.fields(), []string{jwo.BodyField}) || len(s.calls()) != 0 {
				t.Errorf("answered %d %s", r.status, r.body)
			}
		})
	}
}

func TestVerifyIdentityKeys_accepted(t *testing.T) {
	t.Parallel()
	admitted(t, jwo.PathVerifyIdentityKeys, http.StatusOK, map[string]string{
		"all fields":                 identityBody,
		"3.16 keyChannel absent":     edited(t, identityBody, edit{"keyChannel", drop{}}),
		"keyChannel null":            edited(t, identityBody, edit{"keyChannel", nil}),
		"extra fields at all depths": strewn(t, identityBody),
		"storeId of 255":             edited(t, identityBody, edit{"storeId", long(255)}),
		"storeId of 255 wide":        edited(t, identityBody, edit{"storeId", wide(255)}),
		"identityKey of 1000":        edited(t, identityBody, edit{"identityKey", strings.Repeat("QUFB", 250)}),
		"upper-case UUIDs":           edited(t, identityBody, edit{"requestId", strings.ToUpper(requestA)}, edit{"authEvent.id", strings.ToUpper(requestA)}),
		"fractions and offset":       edited(t, identityBody, edit{"authEvent.timestamp", "2026-03-01T10:30:00.123456789+01:00"}),
		"an arbitrarily old event":   edited(t, identityBody, edit{"authEvent.timestamp", "1999-12-31T23:59:59Z"}),
		"MANUAL_IN_STORE":            edited(t, identityBody, edit{"authEvent.location", jwo.ManualInStore}),
		"EXIT":                       edited(t, identityBody, edit{"authEvent.location", jwo.Exit}),
	})
	t.Run("the answer and the key", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{})
		r, x := s.send(t, http.MethodPost, jwo.PathVerifyIdentityKeys, identityBody)
		if r.body != `{"visitorDetails":{"id":"visitor-1","type":"SHOPPER"}}` || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("answered %s %v", r.body, r.header)
		}
		x.Took = 0
		if d := cmp.Diff(jwo.Exchange{API: jwo.APIVerifyIdentityKeys, StoreID: storeA, RequestID: requestA, Status: 200}, x); d != "" {
			t.Error(d)
		}
		key, err := s.calls()[0].(*jwo.VerifyIdentityKeysRequest).Key()
		if want, _ := base64.StdEncoding.DecodeString("U1RST0xMMQ=="); err != nil || string(key) != string(want) {
			t.Errorf("key %q, %v", key, err)
		}
	})
	t.Run("allow-lists are settings", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, jwo.HandlerConfig{Limits: jwo.Limits{Locations: []string{jwo.Entry}, KeyChannels: []string{jwo.Optical, "NFC"}}})
		if r := s.post(t, jwo.PathVerifyIdentityKeys, edited(t, identityBody, edit{"authEvent.location", jwo.Exit})); r.status != 400 {
			t.Errorf("a removed location was answered %d", r.status)
		}
		if n := len(s.calls()); n != 0 {
			t.Errorf("asked %d times", n)
		}
		var req jwo.VerifyIdentityKeysRequest
		if err := jwo.DecodeRequest([]byte(edited(t, identityBody, edit{"keyChannel", "NFC"})), &req, jwo.Limits{KeyChannels: []string{"NFC"}}); err != nil {
			t.Errorf("an added channel: %v", err)
		}
	})
}
