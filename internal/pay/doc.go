// Package pay is the charge of a trip: from the pre-authorization at the gate
// to captured, cancelled or owed, with the debts, the double-entry ledger and
// the reports to Amazon (contract: payments, entry 8).
//
// A payment is a row with a state. The states and every edge between them are
// data in states.go; whatever is not there is an error. Each payment has one
// writer at a time, by compare-and-swap on its version, and no transaction
// spans a call. A call's intent, with its exact body and a sent mark, is
// durable before its first byte leaves, so a restart sends the same bytes
// again, or, where that is not safe, waits for evidence.
//
//	from               event                       to                 what else
//	                   entered                     PREAUTHORIZED      the expiry clock starts
//	PREAUTHORIZED      priced                      CART_PRICED        sold; Adjust at once
//	PREAUTHORIZED      released                    PREAUTHORIZED      nothing to charge; Cancel at once
//	PREAUTHORIZED      held                        PARKED             bad cart, or held by an operator
//	PREAUTHORIZED      cancel done                 CANCEL_INITIATED
//	PREAUTHORIZED      cancel refused              NEVER_CHARGED      no such trip, or expired: nothing to release
//	PREAUTHORIZED      cancel unknown              CANCEL_UNKNOWN
//	PREAUTHORIZED      cancel refused otherwise,   PARKED
//	                   fault
//	PREAUTHORIZED      closed (expiry)             NEVER_CHARGED      alert if no cart came; no debt
//	CART_PRICED,       adjust approved             ADJUST_APPROVED    Capture at once
//	ADJUST_PENDING,    adjust declined             ADJUST_DECLINED    decline policy
//	ADJUST_UNKNOWN     adjust retry                CART_PRICED        declined, asked again by setting
//	                   adjust pending              ADJUST_PENDING     the same body again, 60 s doubling to 1 h
//	                   adjust unknown              ADJUST_UNKNOWN     the same body again, with back-off
//	                   adjust refused, fault       PARKED
//	                   expired, trip expired       EXPIRED            debt for the total
//	  (not unknown)    released                    PREAUTHORIZED      an operator lets the trip go
//	  (not unknown)    held                        PARKED             an operator, or the store's setting
//	ADJUST_APPROVED    capture done                CAPTURE_INITIATED  settled for the shopper; what is missing is a debt
//	                   capture unknown             CAPTURE_UNKNOWN
//	                   capture refused             PARKED
//	                   capture approved, declined  CAPTURED, CAPTURE_DECLINED   an event faster than the answer
//	                   expired, trip expired       EXPIRED            debt for the total
//	                   released                    PREAUTHORIZED      only before a Capture was sent
//	                   held, fault                 PARKED
//	ADJUST_DECLINED    cancel done                 CANCEL_INITIATED   the debt was opened with the decline
//	                   cancel refused              NEVER_CHARGED      logged, not fatal
//	                   cancel unknown              CANCEL_UNKNOWN
//	                   capture done                CAPTURE_INITIATED  capture_held; the rest is debt
//	                   capture unknown             CAPTURE_UNKNOWN
//	                   capture refused             NEVER_CHARGED      debt for the total
//	                   capture approved, declined  CAPTURED, CAPTURE_DECLINED
//	                   expired, trip expired       EXPIRED
//	                   fault                       PARKED
//	CAPTURE_UNKNOWN    capture done, weak evidence CAPTURE_INITIATED
//	                   capture unknown, refused    CAPTURE_UNKNOWN    a refused repeat proves nothing
//	                   capture approved            CAPTURED
//	                   capture declined            CAPTURE_DECLINED
//	                   expired                     PARKED             after the evidence grace; no debt
//	                   fault                       PARKED
//	                   decided captured            CAPTURED           an operator
//	                   decided not captured        ADJUST_APPROVED    the same Capture again; EXPIRED if it is too late
//	CANCEL_UNKNOWN     cancel done, refused        CANCEL_INITIATED
//	                   cancel unknown              CANCEL_UNKNOWN     the same body again, with back-off
//	                   closed (expiry)             NEVER_CHARGED      nothing is left to release
//	                   capture approved, fault     PARKED
//	CAPTURE_INITIATED  capture approved            CAPTURED
//	                   capture declined            CAPTURE_DECLINED   debt for what was captured
//	CAPTURED           capture declined            CAPTURE_DECLINED   if later, by event time, than any approval
//	CAPTURE_DECLINED   capture approved            CAPTURED           if not earlier; the debt falls
//	EXPIRED            capture approved            CAPTURED           the debt falls; already paid: overpaid, alert
//	NEVER_CHARGED      priced, released, held      as PREAUTHORIZED   a cart later than its pre-authorization
//	PARKED             priced, released, held      as PREAUTHORIZED   the bad cart was resolved
//	                   expired                     EXPIRED            not out of CAPTURE_UNKNOWN, not without a total
//	                   closed                      NEVER_CHARGED      nothing was to be charged
//	                   capture approved            CAPTURED
//	                   capture declined            CAPTURE_DECLINED
//	                   retry                       where it came from an operator
//	                   decided captured or not     CAPTURED, ADJUST_APPROVED, EXPIRED   an operator
//
// CAPTURE_INITIATED, CAPTURED and CAPTURE_DECLINED also take the late answer of
// their own Capture without moving. Final are CAPTURE_INITIATED, CAPTURED,
// CAPTURE_DECLINED, CANCEL_INITIATED, EXPIRED and NEVER_CHARGED: nothing more
// happens unless news arrives.
package pay
