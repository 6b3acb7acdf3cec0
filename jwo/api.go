package jwo

// The operations' names, as used in Error.API, Exchange.API and as keys of
// ClientConfig.Overrides.
const (
	APIVerifyIdentityKeys      = "VerifyIdentityKeys"
	APIGetShopperAuthorization = "GetShopperAuthorization"
	APICreatePurchases         = "CreatePurchases"
	APIResolveScan             = "ResolveScan"
	APIGetScanDetails          = "GetScanDetails"
	APIGetShopper              = "GetShopper"

	APIAdjustCharge         = "AdjustCharge"
	APICancelCharge         = "CancelCharge"
	APICaptureCharge        = "CaptureCharge"
	APIRefund               = "Refund"
	APIGetTransactionalData = "GetTransactionalData"
	APIGetShopperIdentity   = "GetShopperIdentity"
	APIReportPaymentStatus  = "ReportPaymentStatus"

	APIUploadCatalog          = "UploadCatalog"
	APIUploadCartCatalog      = "UploadCartCatalog"
	APIArchiveCatalog         = "ArchiveCatalog"
	APIGetCatalogUploadStatus = "GetCatalogUploadStatus"

	APICheckout = "Checkout"
)

// Paths of the calls from Amazon to the retailer; every one is a POST.
// PathGetShopper equals PathGetShopperIdentity of the other direction, with
// another body: serve the two from separate listeners or muxes.
const (
	PathVerifyIdentityKeys      = "/v1/identity/identity-keys"
	PathGetShopperAuthorization = "/v1/fraudandabuse/shopperauthorization"
	PathCreatePurchases         = "/v1/order/purchases"
	PathResolveScan             = "/v1/identity/scan"
	PathGetScanDetails          = "/v1/identity/scan/details"
	PathGetShopper              = "/v1/identity/shopper"
)

// Paths of the calls from the retailer to Amazon; every one is a POST.
const (
	PathAdjustCharge         = "/v1/adjust/charge"
	PathCancelCharge         = "/v1/cancel/charge"
	PathCaptureCharge        = "/v1/capture/charge"
	PathRefund               = "/v1/refund"
	PathGetTransactionalData = "/v1/payment/transactional-data"
	PathGetShopperIdentity   = "/v1/identity/shopper"
	PathReportPaymentStatus  = "/v1/feedback/payment-status"

	PathUploadCatalog          = "/v1/catalog/upload"
	PathUploadCartCatalog      = "/v1/catalog/cart/upload"
	PathArchiveCatalog         = "/v1/catalog/archive"
	PathGetCatalogUploadStatus = "/v1/catalog/getCatalogUploadStatus"

	PathCheckout = "/v1/checkout/carts"
)

// Values of the enumerations that the contract documents. Inbound lists of
// accepted values are Limits.
const (
	// Visitor and scan result types. VerifyIdentityKeys answers CashShopper,
	// GetScanDetails takes Cash; readers accept both spellings.
	Shopper     = "SHOPPER"
	Associate   = "ASSOCIATE"
	CashShopper = "CASH_SHOPPER"
	Cash        = "CASH"
	Loyalty     = "LOYALTY"

	// How a shopper came in: by card or by the retailer's app.
	Financial = "FINANCIAL"
	ScanCode  = "SCAN_CODE"

	// Kinds of cart item identifier.
	ItemSKU      = "SKU"
	ItemScanCode = "SCANCODE"

	// Locations of an authentication event.
	Entry         = "ENTRY"
	ManualInStore = "MANUAL_IN_STORE"
	Exit          = "EXIT"

	// Optical is the one documented channel of a scan.
	Optical = "OPTICAL"

	// Adjust is the one documented authorization condition: admit with
	// another pre-authorization amount.
	Adjust = "ADJUST"

	// Statuses of an Adjust Charge answer.
	Approved = "APPROVED"
	Declined = "DECLINED"
	Pending  = "PENDING"

	// Statuses of a Report Payment Status answer.
	Accepted = "Accepted"
	Rejected = "Rejected"

	// Resolutions of a scan. ScanAccept is documented, ScanReject assumed.
	ScanAccept = "ACCEPT"
	ScanReject = "REJECT"

	// Risks Amazon names; the set is open. RiskExpiredCard's spelling is assumed.
	RiskInvalidCard   = "InvalidCard"
	RiskCustomerFraud = "CustomerFraud"
	RiskBadDebt       = "BadDebt"
	RiskExpiredCard   = "ExpiredCard"

	// Reasons of a refund.
	ReasonDamaged   = "DAMAGED_ITEM"
	ReasonExpired   = "EXPIRED_ITEM"
	ReasonUnwanted  = "UNWANTED_ITEM"
	ReasonTechError = "JWO_TECH_ERROR"
	ReasonOther     = "OTHER"

	// Processing statuses of a catalog ingestion.
	IngestionQueued     = "INQUEUE"
	IngestionInProgress = "INPROGRESS"
	IngestionDone       = "DONE"
	IngestionCancelled  = "CANCELLED"
	IngestionFatal      = "FATAL"
)
