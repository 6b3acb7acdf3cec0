// What a visit's state means, in words.

import { minor } from './money.js';

const tones = { busy: 'busy', good: 'good', bad: 'bad', live: 'live', calm: 'calm' };

// phase says in a word or two where a visit stands, and how that looks.
export function phase(v) {
  if (!v) return { word: 'Free', tone: 'free' };
  const b = v.book;
  switch (v.trip.state) {
    case 'entering': return { word: 'Gate asks', tone: tones.busy };
    case 'denied': return { word: 'Kept out', tone: tones.bad };
    case 'shopping': return { word: 'Shopping', tone: tones.live };
    case 'left': return { word: v.trip.deliveries > 1 ? 'Cart, try ' + v.trip.deliveries : 'Cart on its way', tone: tones.busy };
    case 'refused': return { word: 'Cart refused', tone: tones.bad };
    case 'undelivered': return { word: 'Cart given up', tone: tones.bad };
  }
  switch (b.charge) {
    case 'preauthorized': return { word: 'Cart taken', tone: tones.busy };
    case 'adjust_pending': return { word: 'Pending', tone: tones.busy };
    case 'adjust_approved': return { word: 'Adjusted', tone: tones.busy };
    case 'adjust_declined': return { word: 'Declined', tone: tones.bad };
    case 'captured': return b.refunded > 0 ? { word: 'Refunded', tone: tones.calm } : { word: 'Captured', tone: tones.good };
    case 'cancelled': return declined(b) ? { word: 'Declined', tone: tones.bad } : { word: 'Cancelled', tone: tones.calm };
    case 'expired': return { word: 'Hold expired', tone: tones.bad };
  }
  return { word: 'Cart taken', tone: tones.good };
}

// declined is a hold that was let go because the card did not bear the cart.
const declined = (b) => b.charge === 'cancelled' && b.asked > 0 && !b.adjusted;

const reasons = {
  code_pattern: 'The code does not look like one of this store, so the gate dropped it and asked nobody.',
  card_unknown: 'The reader does not know this card.',
  card_invalid: 'The reader refused the card: invalid, or a prepaid or gift card.',
  card_expired: 'The reader refused the card: it has expired.',
  preauth_declined: 'The card does not bear the hold at entry.',
  bad_debt: 'Amazon refused: there is a debt from an earlier trip.',
  risk: 'Amazon refused: its model sees a risk.',
  shopper_refused: 'The retailer refused this code.',
  denied: 'The retailer refused this card.',
  bad_request: 'The retailer took the question for malformed.',
  throttled: 'The retailer was asked too often.',
  caller_refused: 'The retailer did not believe that Amazon was asking.',
  not_configured: 'The retailer has nothing at the address that was asked.',
  connector_failed: 'The retailer gave no answer that counts, and the store’s default gate is closed.',
};

export const reason = (r) => reasons[r.reason] || r.reason;

// answerOf is a connector's last word in a few characters.
export function answerOf(call) {
  if (!call) return '';
  return (call.status || 'no answer') + ' in ' + took(call.tookNanos);
}

export function took(nanos) {
  const ms = nanos / 1e6; // a duration, not money
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return Math.round(ms) + ' ms';
  return (ms / 1000).toFixed(1) + ' s';
}

export const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

// payment is what the simulator's books say about a trip's money, as rows.
export function payment(b) {
  const rows = [];
  const sum = (n) => minor(n, b.currency);
  if (b.charge) rows.push(['Held at entry', sum(b.preAuth)]);
  if (b.asked) rows.push(['Adjust asked for', sum(b.asked)]);
  if (b.adjusted) rows.push(['Adjust authorized', sum(b.adjusted)]);
  if (b.captures) rows.push([b.captures > 1 ? 'Captured ' + b.captures + ' times' : 'Captured', sum(b.captured)]);
  if (b.refunds) rows.push(['Refunded', sum(b.refunded)]);
  if (b.held && b.charge !== 'preauthorized') rows.push(['Still held', sum(b.held)]);
  if (b.reported) rows.push(['Reported to Amazon', sum(b.reported.settled.minor) + ' of ' + sum(b.reported.total.minor)]);
  return rows;
}

export function paymentWord(b) {
  switch (b.charge) {
    case '': return b.entry === 'SCAN_CODE'
      ? 'No hold at Amazon: the retailer settles this trip itself.' : 'No hold at Amazon.';
    case 'preauthorized': return 'Held. Waiting for the retailer’s first payment call.';
    case 'adjust_pending': return 'Adjust is pending. The retailer asks again.';
    case 'adjust_approved': return 'Adjusted. Waiting for the capture.';
    case 'adjust_declined': return 'Adjust was declined. What the card held at entry can still be captured.';
    case 'captured': return 'Captured.';
    case 'cancelled': return declined(b) ? 'Adjust was declined, and the retailer released the hold.' : 'Cancelled: the hold is released.';
    case 'expired': return 'The hold expired before it was captured.';
  }
  return b.charge;
}
