// What happened to a visit, step by step: the gate's question, the cart, the
// payment in the simulator's books.

import { el, fill, text, attr, icon, icons } from './dom.js';
import { callsOf } from './state.js';
import { reason, answerOf, payment, paymentWord, clock } from './words.js';
import { minor } from './money.js';

export function journey() {
  const gate = step('At the gate');
  const cart = step('The cart’s delivery');
  const money = step('Payment');
  const node = el('ol', { class: 'journey', 'aria-label': 'What happened' }, gate.node, cart.node, money.node);
  return {
    node,
    update(v) {
      gate.show(atGate(v));
      cart.show(delivery(v));
      money.show(paid(v));
    },
  };
}

// step is one stop: a mark, a title, words and rows.
function step(title) {
  const mark = el('span', { class: 'mark' });
  const words = el('p', { class: 'words' });
  const rows = el('dl', { class: 'rows' });
  const notes = el('ul', { class: 'notes' });
  const node = el('li', { class: 'step' }, mark, el('div', {}, el('h3', {}, title), words, rows, notes));
  let last = '';
  return {
    node,
    show(s) {
      node.hidden = !s;
      if (!s) return;
      attr(node, 'data-tone', s.tone);
      text(words, s.words);
      const now = JSON.stringify([s.rows, s.notes, s.tone]);
      if (now === last) return;
      last = now;
      fill(mark, s.tone === 'good' ? icon(icons.check) : s.tone === 'bad' ? icon(icons.cross) : '');
      fill(rows, (s.rows || []).map(([k, w]) => el('div', {}, el('dt', {}, k), el('dd', {}, w))));
      fill(notes, (s.notes || []).map((n) => el('li', {}, n)));
    },
  };
}

const gateAPIs = ['VerifyIdentityKeys', 'GetShopperAuthorization'];

function atGate(v) {
  const calls = callsOf(v.trip.id, ...gateAPIs);
  const last = calls.at(-1);
  const rows = [];
  if (last) rows.push([last.api, answerOf(last) + (last.attempt > 0 ? ', try ' + (last.attempt + 1) : '')]);
  if (v.trip.visitor.id) rows.push(['Visitor', v.trip.visitor.id + ', ' + v.trip.visitor.type.toLowerCase().replaceAll('_', ' ')]);
  if (v.trip.card) rows.push(['Card', v.trip.card]);
  if (v.trip.people > 1) rows.push(['People', String(v.trip.people)]);
  if (v.trip.state === 'entering') return { tone: 'busy', words: 'The gate asks the retailer…', rows };
  if (v.trip.state === 'denied') {
    const r = v.refused;
    if (!r) return { tone: 'bad', words: v.trip.notes[0] || 'The gate stayed closed.', rows };
    rows.push(['Refused by', r.gate + (r.status ? ', status ' + r.status : '')], ['Reason', r.reason.replaceAll('_', ' ')]);
    if (r.tries > 1) rows.push(['Tries', String(r.tries)]);
    if (r.risks?.length) rows.push(['Risks', r.risks.join(', ')]);
    return { tone: 'bad', words: reason(r), rows };
  }
  if (v.book.charge || v.book.preAuth) rows.push(['Hold', minor(v.book.preAuth, v.book.currency)]);
  const opened = v.trip.notes.filter((n) => n.includes('default'));
  return {
    tone: 'good', rows, notes: v.trip.notes.filter((n) => !/^trip .* cart /.test(n)),
    words: opened.length ? 'Opened by the store’s default: nobody answered.' : 'Opened at ' + clock(v.trip.started) + '.',
  };
}

function delivery(v) {
  if (['entering', 'denied', 'shopping'].includes(v.trip.state)) return null;
  const calls = callsOf(v.trip.id, 'CreatePurchases');
  const last = calls.at(-1);
  const rows = [];
  if (last) rows.push(['Last answer', answerOf(last)]);
  if (v.trip.deliveries) rows.push(['Attempts', String(v.trip.deliveries)]);
  if (v.trip.purchaseId) rows.push(['Purchase', v.trip.purchaseId]);
  const left = 'Walked out at ' + clock(v.trip.ended);
  switch (v.trip.state) {
    case 'left': return { tone: 'busy', words: left + '. ' + (v.trip.deliveries ? 'No answer that counts yet: it is sent again.' : 'The cart is being sent.'), rows };
    case 'refused': return { tone: 'bad', words: left + '. The retailer refused the cart for good.', rows };
    case 'undelivered': return { tone: 'bad', words: left + '. The cart was given up.', rows };
  }
  return { tone: 'good', words: left + '. The retailer took ' + (v.book.lines === 1 ? 'one line.' : v.book.lines + ' lines.'), rows };
}

function paid(v) {
  if (['entering', 'denied', 'shopping'].includes(v.trip.state)) return null;
  const b = v.book;
  const tone = { captured: 'good', cancelled: b.asked && !b.adjusted ? 'bad' : 'good', adjust_declined: 'bad', expired: 'bad', '': b.reported ? 'good' : 'calm' }[b.charge] || 'busy';
  return { tone, words: paymentWord(b), rows: payment(b) };
}
