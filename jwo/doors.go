package jwo

import "encoding/json"

// ResolveScanRequest asks what a scanned content stands for; an optional door
// (contract: entry 5.1). Only RequestID, StoreID and ScanEvent.ID are known to
// be required.
type ResolveScanRequest struct {
	RequestID string     `json:"requestId"`
	StoreID   string     `json:"storeId"`
	ScanEvent *ScanEvent `json:"scanEvent"`
}

// ScanEvent is a scan. Value is the scanned content, Base64 or plain; some
// bodies carry it in ID, which is a UUID otherwise. Read it through Codes.
type ScanEvent struct {
	ID        string    `json:"id"`
	Timestamp Timestamp `json:"timestamp,omitempty"`
	Location  string    `json:"location,omitempty"`
	Value     string    `json:"value,omitempty"`
	Channel   string    `json:"channel,omitempty"`
}

// Codes are the readings of the scanned content, the likeliest first: Value
// decoded, Value as sent, then the same of an ID that is no UUID.
func (e *ScanEvent) Codes() []string {
	var codes []string
	try := func(s string) {
		if s == "" {
			return
		}
		if b, err := decodeKey(s); err == nil {
			codes = append(codes, string(b))
		}
		codes = append(codes, s)
	}
	try(e.Value)
	if !isUUID(e.ID) {
		try(e.ID)
	}
	return codes
}

// Validate implements Request.
func (r *ResolveScanRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *ResolveScanRequest) ValidateWith(Limits) error {
	var f faults
	f.add("requestId", requestID(r.RequestID))
	f.add("storeId", text(r.StoreID, maxID))
	if e := r.ScanEvent; e == nil {
		f.add("scanEvent", missing)
	} else {
		f.in("scanEvent")
		f.add("id", text(e.ID, maxKey))
		f.add("timestamp", timestampIf(e.Timestamp))
		f.add("value", atMost(e.Value, maxKey))
		f.out()
	}
	return f.err()
}

// ResolveScanResponse accepts or rejects a scan; both are 200. Only the word
// ScanAccept is documented, so the body's field names live in one encoder.
type ResolveScanResponse struct {
	Resolution string      // ScanAccept or ScanReject
	ScanResult *ScanResult // with ScanAccept: what the cart will carry back
	Replayed   bool        // a recorded answer: adds Idempotency-Hit
}

// resolution is the one place that knows the body of a ResolveScan answer.
type resolution struct {
	Resolution string      `json:"resolution"`
	ScanResult *ScanResult `json:"scanResult,omitempty"`
}

// MarshalJSON writes the assumed body.
func (r *ResolveScanResponse) MarshalJSON() ([]byte, error) {
	return json.Marshal(resolution{r.Resolution, r.ScanResult})
}

// UnmarshalJSON reads the assumed body.
func (r *ResolveScanResponse) UnmarshalJSON(b []byte) error {
	var body resolution
	if err := Decode(b, &body); err != nil {
		return err
	}
	r.Resolution, r.ScanResult = body.Resolution, body.ScanResult
	return nil
}

// Validate holds an answer to the contract.
func (r *ResolveScanResponse) Validate() error {
	var f faults
	f.add("resolution", oneOf(r.Resolution, []string{ScanAccept, ScanReject}))
	return f.err()
}

// GetScanDetailsRequest asks for the loyalty data of an accepted scan; an
// optional door (contract: entry 5.2).
type GetScanDetailsRequest struct {
	StoreID    string      `json:"storeId"`
	ScanResult *ScanResult `json:"scanResult"`
}

// Validate implements Request.
func (r *GetScanDetailsRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *GetScanDetailsRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("storeId", text(r.StoreID, maxID))
	if s := r.ScanResult; s == nil {
		f.add("scanResult", missing)
	} else {
		f.add("scanResult.id", text(s.ID, maxID))
		f.add("scanResult.type", first(text(s.Type, maxID), oneOf(s.Type, l.scanResultTypes())))
	}
	return f.err()
}

// GetScanDetailsResponse names who runs the loyalty programme and the
// promotions the bearer of the scan has.
type GetScanDetailsResponse struct {
	Provider     string   `json:"provider"`
	PromotionIDs []string `json:"promotionIds"`
}

// Validate holds an answer to the contract.
func (r *GetScanDetailsResponse) Validate() error {
	var f faults
	f.add("provider", text(r.Provider, maxID))
	return f.err()
}

// GetShopperRequest identifies a shopper an associate is helping; an optional
// door (contract: entry 5.3). It is not GetShopperIdentityRequest, which has
// the same path in the other direction.
type GetShopperRequest struct {
	RequestID      string    `json:"requestId"`
	ShopperKey     string    `json:"shopperKey"` // Base64; see Key
	StoreID        string    `json:"storeId"`
	ShopperKeyType string    `json:"shopperKeyType,omitempty"`
	Timestamp      Timestamp `json:"timestamp,omitempty"`
}

// Key is ShopperKey without its Base64.
func (r *GetShopperRequest) Key() ([]byte, error) { return decodeKey(r.ShopperKey) }

// Validate implements Request.
func (r *GetShopperRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *GetShopperRequest) ValidateWith(l Limits) error {
	var f faults
	f.add("requestId", requestID(r.RequestID))
	f.add("shopperKey", key(r.ShopperKey))
	f.add("storeId", text(r.StoreID, maxID))
	f.add("shopperKeyType", oneOfIf(r.ShopperKeyType, l.shopperKeyTypes()))
	f.add("timestamp", timestampIf(r.Timestamp))
	return f.err()
}

// GetShopperResponse names the shopper. Its shape is assumed to be that of
// VerifyIdentityKeysResponse.
type GetShopperResponse struct {
	VisitorDetails *VisitorDetails `json:"visitorDetails"`
}

// Validate holds an answer to the contract.
func (r *GetShopperResponse) Validate() error {
	var f faults
	visitor(&f, r.VisitorDetails)
	return f.err()
}
