package jwo_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

const (
	scanBody = `{"requestId":"` + requestA + `","storeId":"store-1","scanEvent":{"id":"` + eventA + `",
		"timestamp":"2026-03-01T09:30:00Z","location":"ENTRY","value":"U1RST0xMMQ==","channel":"OPTICAL"}}`
	detailsBody = `{"storeId":"store-1","scanResult":{"id":"visitor-1","type":"LOYALTY"}}`
	shopperBody = `{"requestId":"` + requestA + `","shopperKey":"U1RST0xMMQ==","storeId":"store-1","shopperKeyType":"QR_CODE",
		"timestamp":"2026-03-01T09:30:00Z"}`
)

func TestResolveScan(t *testing.T) {
	t.Parallel()
	refused(t, jwo.PathResolveScan, scanBody, []fault{
		{"requestId missing", []edit{{"requestId", drop{}}}, []string{"requestId"}},
		{"requestId format", []edit{{"requestId", "x"}}, []string{"requestId"}},
		{"storeId missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"storeId over 255", []edit{{"storeId", long(256)}}, []string{"storeId"}},
		{"scanEvent missing", []edit{{"scanEvent", drop{}}}, []string{"scanEvent"}},
		{"scanEvent.id missing", []edit{{"scanEvent.id", drop{}}}, []string{"scanEvent.id"}},
		{"scanEvent.timestamp format", []edit{{"scanEvent.timestamp", "noon"}}, []string{"scanEvent.timestamp"}},
		{"scanEvent.value too long", []edit{{"scanEvent.value", long(1001)}}, []string{"scanEvent.value"}},
	})
	admitted(t, jwo.PathResolveScan, http.StatusOK, map[string]string{
		"1.1 shopper entry accepted by optical scan": scanBody,
		"extra fields":         strewn(t, scanBody),
		"only required fields": `{"requestId":"` + requestA + `","storeId":"s","scanEvent":{"id":"` + eventA + `"}}`,
		"a code in the id":     edited(t, scanBody, edit{"scanEvent.id", "U1RST0xMMQ=="}, edit{"scanEvent.value", drop{}}),
		"unknown location":     edited(t, scanBody, edit{"scanEvent.location", "ROOF"}, edit{"scanEvent.channel", "NFC"}),
	})
	for body, want := range map[*jwo.ResolveScanResponse]string{
		{Resolution: jwo.ScanAccept, ScanResult: &jwo.ScanResult{ID: "v", Type: jwo.Loyalty}}: `{"resolution":"ACCEPT","scanResult":{"id":"v","type":"LOYALTY"}}`,
		{Resolution: jwo.ScanReject, Replayed: true}:                                          `{"resolution":"REJECT"}`,
	} {
		s := newSite(t, jwo.HandlerConfig{})
		s.answer = func(any) (any, error) { return body, nil }
		r := s.post(t, jwo.PathResolveScan, scanBody)
		if r.status != 200 || r.body != want || (r.header.Get("Idempotency-Hit") == "true") != body.Replayed {
			t.Errorf("answered %d %s", r.status, r.body)
		}
		var back jwo.ResolveScanResponse
		if err := back.UnmarshalJSON([]byte(r.body)); err != nil || back.Resolution != body.Resolution {
			t.Errorf("read back %+v %v", back, err)
		}
	}
	s := newSite(t, jwo.HandlerConfig{})
	s.answer = func(any) (any, error) { return &jwo.ResolveScanResponse{Resolution: "PERHAPS"}, nil }
	if r := s.post(t, jwo.PathResolveScan, scanBody); r.status != 500 {
		t.Errorf("a word we do not know was answered %d", r.status)
	}
}

func TestScanEventCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event jwo.ScanEvent
		want  []string
	}{
		"Base64":           {jwo.ScanEvent{ID: eventA, Value: "U1RST0xMMQ=="}, []string{"STROLL1", "U1RST0xMMQ=="}},
		"plain":            {jwo.ScanEvent{ID: eventA, Value: "STROLL1"}, []string{"STROLL1"}},
		"in a non-UUID id": {jwo.ScanEvent{ID: "U1RST0xMMQ=="}, []string{"STROLL1", "U1RST0xMMQ=="}},
		"nowhere":          {jwo.ScanEvent{ID: eventA}, nil},
	} {
		if d := cmp.Diff(c.want, c.event.Codes()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestGetScanDetails(t *testing.T) {
	t.Parallel()
	refused(t, jwo.PathGetScanDetails, detailsBody, []fault{
		{"storeId missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"scanResult missing", []edit{{"scanResult", drop{}}}, []string{"scanResult"}},
		{"scanResult.id missing", []edit{{"scanResult.id", ""}}, []string{"scanResult.id"}},
		{"scanResult.id over 255", []edit{{"scanResult.id", long(256)}}, []string{"scanResult.id"}},
		{"scanResult.type missing", []edit{{"scanResult.type", drop{}}}, []string{"scanResult.type"}},
		{"scanResult.type invalid", []edit{{"scanResult.type", "GUEST"}}, []string{"scanResult.type"}},
	})
	admitted(t, jwo.PathGetScanDetails, http.StatusOK, map[string]string{
		"loyalty": detailsBody, "cash": edited(t, detailsBody, edit{"scanResult.type", jwo.Cash}), "extra fields": strewn(t, detailsBody),
	})
	s := newSite(t, jwo.HandlerConfig{})
	if r := s.post(t, jwo.PathGetScanDetails, detailsBody); r.body != `{"provider":"club","promotionIds":[]}` {
		t.Errorf("answered %s", r.body)
	}
	s.answer = func(any) (any, error) { return nil, &jwo.Refusal{Status: http.StatusNotFound} }
	if r := s.post(t, jwo.PathGetScanDetails, detailsBody); r.status != 404 {
		t.Errorf("an unknown scan was answered %d", r.status)
	}
}

func TestGetShopper(t *testing.T) {
	t.Parallel()
	refused(t, jwo.PathGetShopper, shopperBody, []fault{
		{"requestId missing", []edit{{"requestId", drop{}}}, []string{"requestId"}},
		{"shopperKey missing", []edit{{"shopperKey", drop{}}}, []string{"shopperKey"}},
		{"shopperKey not Base64", []edit{{"shopperKey", "???"}}, []string{"shopperKey"}},
		{"storeId missing", []edit{{"storeId", drop{}}}, []string{"storeId"}},
		{"shopperKeyType invalid", []edit{{"shopperKeyType", "IRIS"}}, []string{"shopperKeyType"}},
		{"timestamp format", []edit{{"timestamp", "noon"}}, []string{"timestamp"}},
	})
	admitted(t, jwo.PathGetShopper, http.StatusOK, map[string]string{
		"QR code": shopperBody, "extra fields": strewn(t, shopperBody),
		"phone number": edited(t, shopperBody, edit{"shopperKeyType", "PHONE_NUMBER"}, edit{"timestamp", drop{}}),
		"no key type":  edited(t, shopperBody, edit{"shopperKeyType", drop{}}),
	})
	s := newSite(t, jwo.HandlerConfig{})
	s.post(t, jwo.PathGetShopper, shopperBody)
	if key, err := s.calls()[0].(*jwo.GetShopperRequest).Key(); err != nil || string(key) != "STROLL1" {
		t.Errorf("key %q, %v", key, err)
	}
}
