package jwo

import "strings"

// some is as much room as a document can need for something each of which has
// a member of that name, which saves growing.
func some(doc, member string) int { return min(strings.Count(doc, member), maxElements) }

func (r *CreatePurchasesRequest) quick(q *quick) {
	for q.enter('{'); q.next('}'); {
		switch q.key() {
		case "requestId":
			r.RequestID = q.text()
		case "idempotentShoppingTripId":
			r.IdempotentShoppingTripID = q.text()
		case "storeId":
			r.StoreID = q.text()
		case "shoppingTrip":
			r.ShoppingTrip = q.trip()
		case "cartItems":
			r.CartItems = q.items()
		case "shopperIdentity":
			r.ShopperIdentity = q.identity()
		case "shopperDeviceId":
			r.ShopperDeviceID = q.text()
		case "paymentSource":
			r.PaymentSource = q.identity()
		default:
			q.skip()
		}
	}
}

func (q *quick) identity() *Identity {
	if !q.enter('{') {
		return nil
	}
	id := &Identity{}
	for q.next('}') {
		switch q.key() {
		case "id":
			id.ID = q.text()
		default:
			q.skip()
		}
	}
	return id
}

func (q *quick) trip() *ShoppingTrip {
	if !q.enter('{') {
		return nil
	}
	t := &ShoppingTrip{}
	for q.next('}') {
		switch q.key() {
		case "startTime":
			t.StartTime = Timestamp(q.text())
		case "endTime":
			t.EndTime = Timestamp(q.text())
		case "authEvents":
			t.AuthEvents = q.events()
		default:
			q.skip()
		}
	}
	return t
}

func (q *quick) events() []PurchaseAuthEvent {
	if !q.enter('[') {
		return nil
	}
	events := make([]PurchaseAuthEvent, 0, 1)
	for q.next(']') {
		var e PurchaseAuthEvent
		for in := q.enter('{'); in && q.next('}'); {
			switch q.key() {
			case "id":
				e.ID = q.text()
			case "timestamp":
				e.Timestamp = Timestamp(q.text())
			case "location":
				e.Location = q.text()
			case "payloadType":
				e.PayloadType = q.text()
			case "scanResult":
				e.ScanResult = q.scanResult()
			default:
				q.skip()
			}
		}
		if len(events) == maxElements {
			q.giveUp()
		}
		events = append(events, e)
	}
	return events
}

func (q *quick) scanResult() *ScanResult {
	if !q.enter('{') {
		return nil
	}
	s := &ScanResult{}
	for q.next('}') {
		switch q.key() {
		case "id":
			s.ID = q.text()
		case "type":
			s.Type = q.text()
		default:
			q.skip()
		}
	}
	return s
}

// items reads the cart's lines. What belongs to them comes from slabs, one
// allocation for many lines.
func (q *quick) items() []CartItem {
	if !q.enter('[') {
		return nil
	}
	items := make([]CartItem, 0, some(q.s, `"quantity"`))
	quantities := make([]Quantity, 0, cap(items))
	var more []ExternalIdentifier
	for q.next(']') {
		var it CartItem
		for in := q.enter('{'); in && q.next('}'); {
			switch q.key() {
			case "id":
				it.ID = q.text()
			case "type":
				it.Type = q.text()
			case "quantity":
				if len(quantities) == cap(quantities) {
					quantities = make([]Quantity, 0, 16) // the old ones stay where they are
				}
				it.Quantity = nil // of a repeated key the last one counts
				if quantities = append(quantities, Quantity{}); q.quantity(&quantities[len(quantities)-1]) {
					it.Quantity = &quantities[len(quantities)-1]
				}
			case "externalIdentifiers":
				if more == nil {
					more = make([]ExternalIdentifier, 0, some(q.s, `"externalIdentifiers"`))
				}
				it.ExternalIdentifiers, more = q.identifiers(more)
			case "lineItemId":
				it.LineItemID = q.text()
			default:
				q.skip()
			}
		}
		if len(items) == maxElements {
			q.giveUp()
		}
		items = append(items, it)
	}
	return items
}

// quantity reads into v; false for null.
func (q *quick) quantity(v *Quantity) bool {
	if !q.enter('{') {
		return false
	}
	for q.next('}') {
		switch q.key() {
		case "value":
			v.Value = q.text()
		case "unit":
			v.Unit = q.text()
		default:
			q.skip()
		}
	}
	return true
}

// identifiers appends to a slab and returns its own part of it, and the slab.
func (q *quick) identifiers(slab []ExternalIdentifier) (own, grown []ExternalIdentifier) {
	if !q.enter('[') {
		return nil, slab
	}
	from := len(slab)
	for q.next(']') {
		var x ExternalIdentifier
		for in := q.enter('{'); in && q.next('}'); {
			switch q.key() {
			case "id":
				x.ID = q.text()
			case "type":
				x.Type = q.text()
			default:
				q.skip()
			}
		}
		if len(slab)-from == maxElements {
			q.giveUp()
		}
		slab = append(slab, x)
	}
	return slab[from:len(slab):len(slab)], slab
}
