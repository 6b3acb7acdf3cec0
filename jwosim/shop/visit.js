// The panel of the selected gate: its shopper, the cart, and what became of it.

import { el, text, attr, fill, icon, icons } from './dom.js';
import { state, gateName, visitAt, open, shopping } from './state.js';
import { walkOut, join, redeliver } from './acts.js';
import { phase } from './words.js';
import { price } from './money.js';
import { entry } from './entry.js';
import { cart } from './cart.js';
import { journey } from './journey.js';
import { shopper, total } from './gates.js';

const panel = document.getElementById('panel-gate');
const views = new Map(); // one per gate, with what was typed there

function view(gate) {
  const chip = el('span', { class: 'chip' });
  const who = el('p', { class: 'who' });
  const sum = el('p', { class: 'sum' });
  const problem = el('p', { class: 'note bad', role: 'alert', hidden: true });
  const lines = cart(gate);
  const steps = journey();
  const out = el('button', { type: 'button', class: 'primary out', onclick: () => walkOut(gate) }, icon(icons.door), 'Walk out');
  const again = el('button', { type: 'button', class: 'button', onclick: () => redeliver(gate) }, 'Deliver the cart again');
  const more = another(gate);
  const actions = el('div', { class: 'row actions' }, out, more.button);
  const form = entry(gate);
  const next = el('section', { class: 'next', 'aria-labelledby': gate + '-next' },
    el('h3', { id: gate + '-next' }, 'Next shopper'), form.node);
  const inside = el('div', { class: 'inside' }, lines.node, actions, more.node);
  const node = el('div', { class: 'view' },
    el('header', { class: 'head' }, el('div', {}, el('h2', { id: 'h-gate' }, gateName(gate)), who), el('div', { class: 'right' }, chip, sum)),
    problem, inside, steps.node, again, next);

  return {
    node,
    update() {
      const v = visitAt(gate);
      const p = phase(v);
      text(chip, p.word);
      chip.dataset.tone = p.tone;
      text(who, v ? shopper(v) : 'Nobody is here. Let somebody in.');
      price(sum, v && v.trip.state !== 'denied' && v.basket.lines.length ? total(v) : '');
      const said = state.said.get(gate) || '';
      problem.hidden = !said;
      text(problem, said);
      inside.hidden = !v || v.trip.state === 'denied' || v.trip.state === 'entering';
      actions.hidden = !shopping(v);
      if (!shopping(v)) more.close();
      attr(out, 'data-empty', v && !v.basket.lines.length ? 'true' : null);
      if (v) lines.update(v);
      more.update(v);
      steps.node.hidden = !v;
      if (v) steps.update(v);
      again.hidden = !v || !['refused', 'undelivered'].includes(v.trip.state);
      next.hidden = open(v) && v.trip.state !== 'left';
      text(next.querySelector('h3'), v ? 'Next shopper' : 'Who comes in?');
      form.update();
    },
  };
}

// another lets one more person pass with the payer's means.
function another(gate) {
  const id = gate + '-join';
  const code = el('input', { id, autocomplete: 'off', spellcheck: 'false', placeholder: 'A code of the same shopper' });
  const go = el('button', { type: 'submit', class: 'button' }, 'Scan it');
  const node = el('form', {
    class: 'row join', hidden: true, onsubmit: (e) => {
      e.preventDefault();
      if (code.value.trim() && !state.busy.has(gate)) join(gate, { code: code.value.trim() });
    },
  }, el('label', { for: id, class: 'quiet' }, 'Code of the next person of the group'), code, go);
  const button = el('button', {
    type: 'button', class: 'button', onclick: () => {
      const v = visitAt(gate);
      if (state.busy.has(gate)) return;
      if (v.trip.entry === 'FINANCIAL') {
        join(gate, { card: v.trip.card });
        return;
      }
      node.hidden = !node.hidden;
      if (!node.hidden) {
        code.value = state.codes.get(v.trip.id) || '';
        code.focus();
      }
    },
  }, icon(icons.person), 'One more person');
  return { node, button, close: () => { node.hidden = true; }, update: () => attr(button, 'aria-disabled', state.busy.has(gate) ? 'true' : null) };
}

let shown = '';

export function drawVisit() {
  if (!views.has(state.selected)) views.set(state.selected, view(state.selected));
  const v = views.get(state.selected);
  if (shown !== state.selected) fill(panel, v.node);
  shown = state.selected;
  v.update();
}
