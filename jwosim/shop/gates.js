// The row of gates.

import { el, text, attr, keyed, icon, icons } from './dom.js';
import { state, draw, gateName, visitAt, removeGate, open, currency } from './state.js';
import { newGate } from './acts.js';
import { phase } from './words.js';
import { money, minor, price } from './money.js';

const list = document.getElementById('gates');

function tile(gate) {
  const name = el('span', { class: 'tile-name' }, gateName(gate));
  const word = el('span', { class: 'chip' });
  const sum = el('strong', { class: 'tile-sum' });
  const who = el('span', { class: 'tile-who' });
  const button = el('button', {
    type: 'button', class: 'tile', onclick: () => {
      state.selected = gate;
      draw();
    },
  }, el('span', { class: 'tile-top' }, name, word), sum, who);
  const remove = el('button', {
    type: 'button', class: 'tile-remove', 'aria-label': 'Remove ' + gateName(gate), title: 'Remove ' + gateName(gate),
    onclick: () => {
      removeGate(gate);
      draw();
      list.querySelector('.tile')?.focus();
    },
  }, icon(icons.cross));
  return {
    node: el('li', { 'data-gate': gate }, button, remove),
    update() {
      const v = visitAt(gate);
      const p = phase(v);
      text(word, state.busy.has(gate) && !v ? 'Gate asks' : p.word);
      button.dataset.tone = p.tone;
      attr(button, 'aria-current', state.selected === gate ? 'true' : null);
      price(sum, v ? total(v) : 'Free');
      text(who, !v ? 'Nobody here' : v.refused ? v.refused.reason.replaceAll('_', ' ') : shopper(v));
      remove.hidden = open(v) || state.gates.length < 2 || state.selected !== gate;
    },
  };
}

// total is the money of a visit: what was taken from the card, else what is
// in the cart.
export function total(v) {
  if (v.book.captures) return minor(v.book.captured - v.book.refunded, v.book.currency);
  if (v.trip.state === 'denied') return '—';
  if (!v.basket.lines.length) return v.trip.state === 'shopping' ? 'Empty' : money('0', currency());
  return v.basket.sum ? money(v.basket.sum, v.basket.currency) : v.basket.lines.length + ' lines';
}

export function shopper(v) {
  const who = v.trip.entry === 'FINANCIAL' ? 'Card ' + v.trip.card.replace(/#.*/, '').replaceAll('_', ' ') : 'App ' + (v.trip.visitor.id || 'code');
  return v.trip.people > 1 ? who + ' × ' + v.trip.people : who;
}

const add = document.getElementById('addgate');
add.append(icon(icons.plus), el('span', {}, 'Add a gate'));
add.onclick = newGate;

export function drawGates() {
  keyed(list, state.gates, (g) => g, tile);
}
