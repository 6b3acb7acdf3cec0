package jwo

// Limits are the enumerations a request is checked against, so that a new
// member of Amazon's never needs a new release. A nil list means the default:
// the documented values, together with those the contract marks as assumed.
// The zero value is ready for use.
type Limits struct {
	// Locations of a VerifyIdentityKeys authEvent.
	// Default ENTRY, MANUAL_IN_STORE, EXIT.
	Locations []string `json:"locations,omitempty" yaml:"locations,omitempty"`
	// KeyChannels of VerifyIdentityKeys. Default OPTICAL.
	KeyChannels []string `json:"key_channels,omitempty" yaml:"key_channels,omitempty"`
	// PurchaseLocations of a cart's authEvents. Default as Locations.
	PurchaseLocations []string `json:"purchase_locations,omitempty" yaml:"purchase_locations,omitempty"`
	// PayloadTypes of a cart's authEvents. Default FINANCIAL, SCAN_CODE.
	PayloadTypes []string `json:"payload_types,omitempty" yaml:"payload_types,omitempty"`
	// ScanResultTypes of carts and of GetScanDetails.
	// Default SHOPPER, ASSOCIATE, LOYALTY, CASH, CASH_SHOPPER.
	ScanResultTypes []string `json:"scan_result_types,omitempty" yaml:"scan_result_types,omitempty"`
	// ItemTypes of cart items. Default SKU, SCANCODE.
	ItemTypes []string `json:"item_types,omitempty" yaml:"item_types,omitempty"`
	// IdentifierTypes of a cart item's external identifiers.
	// Default UPC, EAN8, EAN, ISBN, GTIN, PLU.
	IdentifierTypes []string `json:"identifier_types,omitempty" yaml:"identifier_types,omitempty"`
	// ShopperKeyTypes of GetShopper. Default QR_CODE, PHONE_NUMBER.
	ShopperKeyTypes []string `json:"shopper_key_types,omitempty" yaml:"shopper_key_types,omitempty"`
	// RefundReasons of Refund. Default the five documented ones.
	RefundReasons []string `json:"refund_reasons,omitempty" yaml:"refund_reasons,omitempty"`
	// BarcodeTypes of catalog items. Default as IdentifierTypes.
	BarcodeTypes []string `json:"barcode_types,omitempty" yaml:"barcode_types,omitempty"`
	// ItemNameLength is the longest name of a catalog item in characters;
	// Amazon's pages say both 100 and 255. Default 100, at most 255.
	ItemNameLength int `json:"item_name_length,omitempty" yaml:"item_name_length,omitempty"`
	// AuthorizationRequired names fields of GetShopperAuthorization that must
	// be present beyond the documented ones, as paths:
	// "shopperInteraction.shoppingTripId". Default none.
	AuthorizationRequired []string `json:"authorization_required,omitempty" yaml:"authorization_required,omitempty"`
}

func or(list []string, values ...string) []string {
	if list != nil {
		return list
	}
	return values
}

func (l Limits) locations() []string   { return or(l.Locations, Entry, ManualInStore, Exit) }
func (l Limits) keyChannels() []string { return or(l.KeyChannels, Optical) }
func (l Limits) purchaseLocations() []string {
	return or(l.PurchaseLocations, Entry, ManualInStore, Exit)
}
func (l Limits) payloadTypes() []string { return or(l.PayloadTypes, Financial, ScanCode) }
func (l Limits) scanResultTypes() []string {
	return or(l.ScanResultTypes, Shopper, Associate, Loyalty, Cash, CashShopper)
}
func (l Limits) itemTypes() []string { return or(l.ItemTypes, ItemSKU, ItemScanCode) }
func (l Limits) identifierTypes() []string {
	return or(l.IdentifierTypes, "UPC", "EAN8", "EAN", "ISBN", "GTIN", "PLU")
}
func (l Limits) shopperKeyTypes() []string { return or(l.ShopperKeyTypes, "QR_CODE", "PHONE_NUMBER") }
func (l Limits) refundReasons() []string {
	return or(l.RefundReasons, ReasonDamaged, ReasonExpired, ReasonUnwanted, ReasonTechError, ReasonOther)
}
func (l Limits) barcodeTypes() []string {
	return or(l.BarcodeTypes, "UPC", "ISBN", "EAN", "EAN8", "GTIN", "PLU")
}
func (l Limits) itemNameLength() int {
	if l.ItemNameLength <= 0 {
		return 100
	}
	return min(l.ItemNameLength, maxID)
}
