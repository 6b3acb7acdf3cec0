package jwo

func (r *VerifyIdentityKeysRequest) quick(q *quick) {
	for q.enter('{'); q.next('}'); {
		switch q.key() {
		case "requestId":
			r.RequestID = q.text()
		case "identityKey":
			r.IdentityKey = q.text()
		case "storeId":
			r.StoreID = q.text()
		case "authEvent":
			r.AuthEvent = q.authEvent()
		case "keyChannel":
			r.KeyChannel = q.text()
		default:
			q.skip()
		}
	}
}

func (q *quick) authEvent() *AuthEvent {
	if !q.enter('{') {
		return nil
	}
	e := &AuthEvent{}
	for q.next('}') {
		switch q.key() {
		case "id":
			e.ID = q.text()
		case "timestamp":
			e.Timestamp = Timestamp(q.text())
		case "location":
			e.Location = q.text()
		default:
			q.skip()
		}
	}
	return e
}

// quick leaves advice, cart hints and free data to the other decoder.
func (r *ShopperAuthorizationRequest) quick(q *quick) {
	for q.enter('{'); q.next('}'); {
		switch q.key() {
		case "storeId":
			r.StoreID = q.text()
		case "shopperIdentity":
			r.ShopperIdentity = q.identity()
		case "authorizedAmount":
			r.AuthorizedAmount = q.amount()
		case "shopperInteraction":
			r.ShopperInteraction = q.interaction()
		case "recommendation", "cartHint":
			q.null()
		default:
			q.skip()
		}
	}
}

func (q *quick) amount() *AuthorizationMoney {
	if !q.enter('{') {
		return nil
	}
	m := &AuthorizationMoney{}
	for q.next('}') {
		switch q.key() {
		case "value":
			m.Value = q.number()
		case "currencyCode":
			m.CurrencyCode = q.text()
		default:
			q.skip()
		}
	}
	return m
}

func (q *quick) interaction() *ShopperInteraction {
	if !q.enter('{') {
		return nil
	}
	s := &ShopperInteraction{}
	for q.next('}') {
		switch q.key() {
		case "shoppingTripId":
			s.ShoppingTripID = q.text()
		case "gateAuthenticationEvent":
			s.GateAuthenticationEvent = q.tap()
		case "recommendation", "cartHint":
			q.null()
		default:
			q.skip()
		}
	}
	return s
}

func (q *quick) tap() *GateAuthenticationEvent {
	if !q.enter('{') {
		return nil
	}
	e := &GateAuthenticationEvent{}
	for q.next('}') {
		switch q.key() {
		case "id":
			e.ID = q.text()
		case "timestamp":
			e.Timestamp = Timestamp(q.text())
		case "location":
			e.Location = q.text()
		case "type":
			e.Type = q.text()
		case "interactionType":
			e.InteractionType = q.text()
		case "data":
			q.null()
		default:
			q.skip()
		}
	}
	return e
}
