package jwo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/strollhq/stroll/jwo"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	var many jwo.FieldErrors
	for i := range 12 {
		many = append(many, jwo.FieldError{Field: fmt.Sprintf("f%d", i), Reason: "is missing"})
	}
	if got := many[:2].Error(); got != "f0 is missing; f1 is missing" {
		t.Error(got)
	}
	if got := many.Error(); !strings.HasSuffix(got, "f9 is missing; and 2 more") {
		t.Error(got)
	}
	if got := jwo.FieldErrors(nil).Fields(); got != nil {
		t.Error(got)
	}
	r := &jwo.Refusal{Status: 400, Code: "UnknownStore", Message: "No such store.", Fields: many[:1]}
	if got := r.Error(); got != "refused with 400 UnknownStore: No such store. (f0 is missing)" {
		t.Error(got)
	}
	if got := (&jwo.Error{API: jwo.APIRefund, Outcome: jwo.NotSent}).Error(); got != "Refund: not_sent" {
		t.Error(got)
	}
}

// Every request checks itself, and an empty one lacks something.
func TestEveryEmptyRequestIsFaulty(t *testing.T) {
	t.Parallel()
	for _, r := range []jwo.Request{
		&jwo.VerifyIdentityKeysRequest{}, &jwo.ShopperAuthorizationRequest{}, &jwo.CreatePurchasesRequest{}, &jwo.ResolveScanRequest{},
		&jwo.GetScanDetailsRequest{}, &jwo.GetShopperRequest{}, &jwo.AdjustChargeRequest{}, &jwo.CancelChargeRequest{}, &jwo.CaptureChargeRequest{},
		&jwo.RefundRequest{}, &jwo.GetTransactionalDataRequest{}, &jwo.GetShopperIdentityRequest{}, &jwo.ReportPaymentStatusRequest{},
		&jwo.UploadCatalogRequest{}, &jwo.UploadCartCatalogRequest{}, &jwo.ArchiveCatalogRequest{}, &jwo.GetCatalogUploadStatusRequest{}, &jwo.CheckoutRequest{},
	} {
		var faults jwo.FieldErrors
		if err := r.Validate(); !errors.As(err, &faults) || len(faults) == 0 {
			t.Errorf("%T: %v", r, err)
		}
		for _, f := range faults {
			if f.Reason != "is missing" {
				t.Errorf("%T: %s %s", r, f.Field, f.Reason)
			}
		}
		if d := cmp.Diff(faults, r.ValidateWith(jwo.Limits{})); d != "" {
			t.Errorf("%T: %s", r, d)
		}
	}
}

func TestAdviceAtTopLevelAlone(t *testing.T) {
	t.Parallel()
	var r jwo.ShopperAuthorizationRequest
	doc := `{"storeId":"s","shopperIdentity":{"id":"i"},"recommendation":{"shopperAuthorized":false}}`
	if err := jwo.DecodeRequest([]byte(doc), &r, jwo.Limits{}); err != nil {
		t.Fatal(err)
	}
	if a := r.ShopperInteraction; a == nil || a.Recommendation == nil || *a.Recommendation.ShopperAuthorized || r.Recommendation != nil {
		t.Errorf("%+v", r)
	}
}
