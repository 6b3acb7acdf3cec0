package jwo

import (
	"fmt"
)

// MaxCatalogItems is the most items, or SKUs to archive, one request may hold;
// the caller splits.
const MaxCatalogItems = 10_000

// maxBarcodes is the most further barcodes of one item.
const maxBarcodes = 50

// UploadCatalogRequest creates or replaces items, each a complete record, by
// SKU and store (contract: catalog 3).
type UploadCatalogRequest struct {
	CatalogItems []CatalogItem `json:"catalogItems"`
}

// CatalogItem is one product in one store. Required are ItemSKU,
// ExternalProductID, ItemName and StoreID. StandardPrice is a decimal as text.
type CatalogItem struct {
	ItemSKU                              string            `json:"item_sku"`
	ExternalProductID                    string            `json:"external_product_id"`
	ExternalProductIDType                string            `json:"external_product_id_type,omitempty"`
	AdditionalExternalProductInformation []ExternalProduct `json:"additional_external_product_information,omitempty"`
	ItemName                             string            `json:"item_name"`
	StoreID                              string            `json:"store_id"`
	StandardPrice                        string            `json:"standard_price,omitempty"`
	BrandName                            string            `json:"brand_name,omitempty"`
	ProductTaxCode                       string            `json:"product_tax_code,omitempty"`
	ProductCategory                      string            `json:"product_category,omitempty"`
	ProductSubcategory                   string            `json:"product_subcategory,omitempty"`

	// In one edition of Amazon's page only; leave empty unless asked for.
	ColorName      string `json:"color_name,omitempty"`
	SizeName       string `json:"size_name,omitempty"`
	MainImageURL   string `json:"main_image_url,omitempty"`
	OtherImageURL1 string `json:"other_image_url1,omitempty"`
	OtherImageURL2 string `json:"other_image_url2,omitempty"`
	OtherImageURL3 string `json:"other_image_url3,omitempty"`
	OtherImageURL4 string `json:"other_image_url4,omitempty"`
	OtherImageURL5 string `json:"other_image_url5,omitempty"`
	OtherImageURL6 string `json:"other_image_url6,omitempty"`
	OtherImageURL7 string `json:"other_image_url7,omitempty"`
	OtherImageURL8 string `json:"other_image_url8,omitempty"`
}

// ExternalProduct is a further barcode of an item.
type ExternalProduct struct {
	ExternalProductID     string `json:"external_product_id"`
	ExternalProductIDType string `json:"external_product_id_type,omitempty"`
}

// UploadCatalogResponse names the ingestion that has begun.
type UploadCatalogResponse struct {
	IngestionID string `json:"ingestionId"`
}

// UploadCartCatalogRequest is the same for Dash Cart stores. Only the call's
// path is documented; the items are assumed to be those of UploadCatalog.
type UploadCartCatalogRequest struct {
	CatalogItems []CatalogItem `json:"catalogItems"`
}

// UploadCartCatalogResponse names the ingestion that has begun.
type UploadCartCatalogResponse struct {
	IngestionID string `json:"ingestionId"`
}

// ArchiveCatalogRequest takes SKUs out of every store at once; all the
// retailer's stores must be named, as acknowledgement (contract: catalog 6).
type ArchiveCatalogRequest struct {
	ItemSKUs            []string `json:"itemSkus"`
	AllApplicableStores []string `json:"allApplicableStores"`
}

// ArchiveCatalogResponse names the ingestion that has begun.
type ArchiveCatalogResponse struct {
	IngestionID string `json:"ingestionId"`
}

// GetCatalogUploadStatusRequest asks how far an ingestion is
// (contract: catalog 5).
type GetCatalogUploadStatusRequest struct {
	IngestionID string `json:"ingestionId"`
}

// GetCatalogUploadStatusResponse is the state of an ingestion and, once it has
// ended, a link to its result report that lives 60 minutes. Done may hold
// failures of single items.
type GetCatalogUploadStatusResponse struct {
	ProcessingStatus   string `json:"processingStatus"`
	ReportDownloadLink string `json:"reportDownloadLink"` // never log it
}

// Validate implements Request.
func (r *UploadCatalogRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request. Check digits and duplicates are the
// caller's business: Amazon judges items one by one in its report.
func (r *UploadCatalogRequest) ValidateWith(l Limits) error { return catalogItems(r.CatalogItems, l) }

// Validate implements Request.
func (r *UploadCartCatalogRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *UploadCartCatalogRequest) ValidateWith(l Limits) error {
	return catalogItems(r.CatalogItems, l)
}

func catalogItems(items []CatalogItem, l Limits) error {
	var f faults
	f.add("catalogItems", count(len(items)))
	for i := range items {
		f.elem("catalogItems", i)
		items[i].validate(&f, l)
		f.out()
	}
	return f.err()
}

// count is a reason when a list is empty or longer than one request may hold.
func count(n int) string {
	switch {
	case n == 0:
		return missing
	case n > MaxCatalogItems:
		return fmt.Sprintf("has more than %d entries", MaxCatalogItems)
	}
	return ""
}

func (c *CatalogItem) validate(f *faults, l Limits) {
	f.add("item_sku", first(text(c.ItemSKU, maxID), printable(c.ItemSKU)))
	f.add("external_product_id", text(c.ExternalProductID, maxID))
	f.add("external_product_id_type", oneOfIf(c.ExternalProductIDType, l.barcodeTypes()))
	f.add("item_name", text(c.ItemName, l.itemNameLength()))
	f.add("store_id", outStoreID(c.StoreID))
	f.add("standard_price", price(c.StandardPrice))
	if n := len(c.AdditionalExternalProductInformation); n > maxBarcodes {
		f.add("additional_external_product_information", fmt.Sprintf("has more than %d entries", maxBarcodes))
	}
	for i, x := range c.AdditionalExternalProductInformation {
		f.elem("additional_external_product_information", i)
		f.add("external_product_id", text(x.ExternalProductID, maxID))
		f.add("external_product_id_type", oneOfIf(x.ExternalProductIDType, l.barcodeTypes()))
		f.out()
	}
}

// price is a reason when an optional price is no plain decimal.
func price(s string) string {
	if s == "" {
		return ""
	}
	if d, err := Number(s).Decimal(); err != nil || d.Sign() < 0 {
		return "is not a decimal such as 12.50"
	}
	return ""
}

// printable is a reason when s holds anything but printable ASCII.
func printable(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return "has a character that is not printable ASCII"
		}
	}
	return ""
}

// Validate implements Request.
func (r *ArchiveCatalogRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *ArchiveCatalogRequest) ValidateWith(Limits) error {
	var f faults
	f.add("itemSkus", count(len(r.ItemSKUs)))
	for i, sku := range r.ItemSKUs {
		f.elem("itemSkus", i)
		f.add("", text(sku, maxID))
		f.out()
	}
	f.add("allApplicableStores", need(len(r.AllApplicableStores) > 0))
	for i, store := range r.AllApplicableStores {
		f.elem("allApplicableStores", i)
		f.add("", outStoreID(store))
		f.out()
	}
	return f.err()
}

// Validate implements Request.
func (r *GetCatalogUploadStatusRequest) Validate() error { return r.ValidateWith(Limits{}) }

// ValidateWith implements Request.
func (r *GetCatalogUploadStatusRequest) ValidateWith(Limits) error {
	var f faults
	f.add("ingestionId", first(blank(r.IngestionID), text(r.IngestionID, maxID)))
	return f.err()
}
