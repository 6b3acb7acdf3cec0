package demo_test

import (
	"io"
	"net/http"
	"testing"
)

// get fetches an address as anybody may.
func (o opened) get(t *testing.T, address string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(o.ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := o.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

func TestX(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, o opened) {
		o.shop(t, *trips)
		_, _, body := o.get(t, o.Addresses()["admin"]+"/metrics")
		t.Log(body)
	})
}
