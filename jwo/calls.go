package jwo

import (
	"context"
	"regexp"
)

// AdjustCharge sets the charge of a trip to its full total. An answer without
// a known status is an error with Outcome Unknown; a decline is an answer.
func (c *Client) AdjustCharge(ctx context.Context, req *AdjustChargeRequest) (*AdjustChargeResponse, error) {
	resp := &AdjustChargeResponse{}
	err := c.call(ctx, APIAdjustCharge, req, reading{into: resp, check: func() bool {
		return resp.Status == Approved || resp.Status == Declined || resp.Status == Pending
	}})
	return answer(resp, err)
}

// CancelCharge initiates the release of a trip's pre-authorization.
func (c *Client) CancelCharge(ctx context.Context, req *CancelChargeRequest) (*CancelChargeResponse, error) {
	return answer(&CancelChargeResponse{}, c.call(ctx, APICancelCharge, req, reading{}))
}

// CaptureCharge initiates the collection of an adjusted amount.
func (c *Client) CaptureCharge(ctx context.Context, req *CaptureChargeRequest) (*CaptureChargeResponse, error) {
	return answer(&CaptureChargeResponse{}, c.call(ctx, APICaptureCharge, req, reading{}))
}

// Refund initiates a refund. The answer may or may not carry an id.
func (c *Client) Refund(ctx context.Context, req *RefundRequest) (*RefundResponse, error) {
	resp := &RefundResponse{}
	return answer(resp, c.call(ctx, APIRefund, req, reading{into: resp, loose: true, empty: true}))
}

// GetTransactionalData fetches the EMV data of a captured trip; any field may
// be missing.
func (c *Client) GetTransactionalData(ctx context.Context, req *GetTransactionalDataRequest) (*GetTransactionalDataResponse, error) {
	resp := &GetTransactionalDataResponse{}
	return answer(resp, c.call(ctx, APIGetTransactionalData, req, reading{into: resp, loose: true, empty: true}))
}

var email = regexp.MustCompile(`^[A-Z0-9a-z._%+-]+@[A-Za-z0-9.-]+[.]+[A-Za-z]+$`)

// GetShopperIdentity fetches the shopper's e-mail address. An unknown shopper
// or an ill-formed address is an answer without one.
func (c *Client) GetShopperIdentity(ctx context.Context, req *GetShopperIdentityRequest) (*GetShopperIdentityResponse, error) {
	resp := &GetShopperIdentityResponse{}
	err := c.call(ctx, APIGetShopperIdentity, req, reading{into: resp, loose: true, empty: true})
	if len(resp.ShopperEmail) > 128 || !email.MatchString(resp.ShopperEmail) {
		resp.ShopperEmail = ""
	}
	return answer(resp, err)
}

// ReportPaymentStatus tells Amazon what has been settled. An answer without a
// known status is an error with Outcome Unknown; Rejected is an answer.
func (c *Client) ReportPaymentStatus(ctx context.Context, req *ReportPaymentStatusRequest) (*ReportPaymentStatusResponse, error) {
	resp := &ReportPaymentStatusResponse{}
	err := c.call(ctx, APIReportPaymentStatus, req, reading{into: resp, check: func() bool {
		return resp.Status == Accepted || resp.Status == Rejected
	}})
	return answer(resp, err)
}

// UploadCatalog begins an ingestion of items.
func (c *Client) UploadCatalog(ctx context.Context, req *UploadCatalogRequest) (*UploadCatalogResponse, error) {
	resp := &UploadCatalogResponse{}
	err := c.call(ctx, APIUploadCatalog, req, reading{into: resp, check: func() bool { return resp.IngestionID != "" }})
	return answer(resp, err)
}

// UploadCartCatalog begins an ingestion of items of Dash Cart stores.
func (c *Client) UploadCartCatalog(ctx context.Context, req *UploadCartCatalogRequest) (*UploadCartCatalogResponse, error) {
	resp := &UploadCartCatalogResponse{}
	err := c.call(ctx, APIUploadCartCatalog, req, reading{into: resp, check: func() bool { return resp.IngestionID != "" }})
	return answer(resp, err)
}

// ArchiveCatalog begins to take SKUs out of all stores.
func (c *Client) ArchiveCatalog(ctx context.Context, req *ArchiveCatalogRequest) (*ArchiveCatalogResponse, error) {
	resp := &ArchiveCatalogResponse{}
	err := c.call(ctx, APIArchiveCatalog, req, reading{into: resp, check: func() bool { return resp.IngestionID != "" }})
	return answer(resp, err)
}

// GetCatalogUploadStatus asks how far an ingestion is. An unknown status is an
// answer: it means "not finished".
func (c *Client) GetCatalogUploadStatus(ctx context.Context, req *GetCatalogUploadStatusRequest) (*GetCatalogUploadStatusResponse, error) {
	resp := &GetCatalogUploadStatusResponse{}
	err := c.call(ctx, APIGetCatalogUploadStatus, req, reading{into: resp, check: func() bool { return resp.ProcessingStatus != "" }})
	return answer(resp, err)
}

// Checkout hands over a priced cart.
func (c *Client) Checkout(ctx context.Context, req *CheckoutRequest) (*CheckoutResponse, error) {
	resp := &CheckoutResponse{}
	err := c.call(ctx, APICheckout, req, reading{into: resp, check: func() bool { return resp.OrderID != "" }})
	return answer(resp, err)
}
