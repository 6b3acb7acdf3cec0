package jwo

// Identity holds an opaque identifier; which one says the field's name.
type Identity struct {
	ID string `json:"id"`
}

// VerifyIdentityKeysRequest asks whether the bearer of a scanned key may enter
// (contract: entry 3.1). AuthEvent.ID is its idempotency key.
type VerifyIdentityKeysRequest struct {
	RequestID   string     `json:"requestId"`
	IdentityKey string     `json:"identityKey"` // Base64 of what was scanned; see Key
	StoreID     string     `json:"storeId"`
	AuthEvent   *AuthEvent `json:"authEvent"`
	KeyChannel  string     `json:"keyChannel,omitempty"`
}

// AuthEvent is the scan of a key.
type AuthEvent struct {
	ID        string    `json:"id"`
	Timestamp Timestamp `json:"timestamp"`
	Location  string    `json:"location"`
}

// Key is the scanned content: IdentityKey without its Base64. A request that
// passed Validate has one.
func (r *VerifyIdentityKeysRequest) Key() ([]byte, error) { return decodeKey(r.IdentityKey) }

// Validate implements Request.
func (r *VerifyIdentityKeysRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *VerifyIdentityKeysRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("requestId", requestID(r.RequestID))
	f.add("identityKey", key(r.IdentityKey))
	f.add("storeId", text(r.StoreID, maxID))
	if e := r.AuthEvent; e == nil {
		f.add("authEvent", missing)
	} else {
		f.in("authEvent")
		f.add("id", requestID(e.ID))
		f.add("timestamp", timestamp(e.Timestamp))
		f.add("location", first(text(e.Location, maxID), oneOf(e.Location, l.locations())))
		f.out()
	}
	f.add("keyChannel", oneOfIf(r.KeyChannel, l.keyChannels()))
	return f.err()
}

// VerifyIdentityKeysResponse lets the visitor in (contract: entry 3.2). A
// refusal is a *Refusal with status 401, never a response.
type VerifyIdentityKeysResponse struct {
	VisitorDetails *VisitorDetails `json:"visitorDetails"`
	Replayed       bool            `json:"-"` // a recorded answer: adds Idempotency-Hit
}

// VisitorDetails names the visitor: ID is the retailer's own, stable for a
// visitor, at most 255 characters, and comes back in the cart as
// scanResult.id. Type is Shopper, Associate or CashShopper.
type VisitorDetails struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Validate holds an answer to the contract, so that an implementation's
// mistake becomes a 500 and not a visitor without a name.
func (r *VerifyIdentityKeysResponse) Validate() error {
	var f faults
	visitor(&f, r.VisitorDetails)
	return f.err()
}

func visitor(f *faults, v *VisitorDetails) {
	if v == nil {
		f.add("visitorDetails", missing)
		return
	}
	f.in("visitorDetails")
	f.add("id", first(blank(v.ID), text(v.ID, maxID)))
	f.add("type", oneOf(v.Type, []string{Shopper, Associate, CashShopper, Cash}))
	f.out()
}
