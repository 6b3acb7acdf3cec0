package cart

import (
	"context"
	"strings"
)

// Call is what travels beside a decoded cart, between the HTTP connector and
// CreatePurchases.
type Call struct {
	// Body is the request as it came. It is kept with the purchase; without
	// it the decoded fields are, and unknown ones are lost.
	Body []byte
	// Status is set by CreatePurchases: the HTTP status an accepted cart is
	// answered with, which is a setting of its store and, for a replay, the
	// status of the first answer.
	Status int
}

type callKey struct{}

// WithCall gives the context of a CreatePurchases its Call.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return &Call{}
}

// clean makes text storable in both databases: PostgreSQL takes neither NUL
// nor broken UTF-8.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
