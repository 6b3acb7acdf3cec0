// The shelf: the store's items with their prices, and one more thing nobody sells.

import { el, text, attr, fill, keyed, icon, icons } from './dom.js';
import { get, segment } from './api.js';
import { state, draw, gateName, visitAt, shopping, currency } from './state.js';
import { take } from './acts.js';
import { money, weight } from './money.js';

const panel = document.getElementById('panel-shelf');
const pageSize = 60;
let wanted = { q: '', category: '', limit: pageSize };
let answer = null; // of the simulator
let failed = '';
let asked = '';
let wait;

const target = el('p', { class: 'target', role: 'status' });
const search = el('input', {
  id: 'search', type: 'search', placeholder: 'Search name, SKU or barcode', autocomplete: 'off', spellcheck: 'false',
  oninput: () => {
    clearTimeout(wait);
    wait = setTimeout(() => look({ q: search.value, limit: pageSize }), 120);
  },
});
const by = el('select', { id: 'by' }, el('option', { value: 'SKU' }, 'SKU'), el('option', { value: 'SCANCODE' }, 'barcode'));
const chips = el('div', { class: 'cats', role: 'group', 'aria-label': 'Categories' });
const list = el('ul', { class: 'goods' });
const count = el('p', { class: 'soft', role: 'status' });
const more = el('button', { type: 'button', class: 'button', onclick: () => look({ limit: wanted.limit + 120 }) }, 'Show more');

fill(panel,
  el('header', { class: 'head' }, el('div', {}, el('h2', { id: 'h-shelf' }, 'Shelf'), target),
    el('label', { class: 'by', for: 'by' }, 'taken by ', by)),
  el('div', { class: 'find' }, el('label', { for: 'search', class: 'quiet' }, 'Search the shelf'), search, chips),
  el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Items on the shelf' }, list, count, more, stranger()));

// look asks for the shelf as it is wanted now.
export async function look(change) {
  wanted = { ...wanted, ...change };
  if (!state.store) return;
  const query = '/shelf?store=' + segment(state.store.id) + '&q=' + segment(wanted.q) + '&category=' + segment(wanted.category) + '&limit=' + wanted.limit;
  asked = query;
  try {
    const got = await get(query);
    if (asked !== query) return; // a later question is under way
    answer = got;
    failed = '';
  } catch (e) {
    failed = e.message;
  }
  draw();
}

const hues = new Map();
const hue = (category) => {
  if (!hues.has(category)) hues.set(category, (hues.size * 67 + 150) % 360);
  return hues.get(category);
};

const initials = (name) => name.split(/\s+/).filter((w) => /^\p{L}/u.test(w)).slice(0, 2).map((w) => w[0].toUpperCase()).join('') || '#';

const nobody = () => !shopping(visitAt(state.selected));

// item is what the cart will say.
function item(p, quantity) {
  const scan = by.value === 'SCANCODE' && p.barcode;
  return { id: scan ? p.barcode : p.id, type: scan ? 'SCANCODE' : p.type, unit: p.unit, quantity };
}

function product(p) {
  const weighed = p.unit !== 'each';
  const id = 'w-' + p.type + p.id;
  const swatch = el('span', { class: 'swatch', hue: hue(p.category), 'aria-hidden': 'true' }, initials(p.name));
  const price = el('span', { class: 'price' }, p.shown ? money(p.shown, currency()) : 'no price', el('small', {}, weighed ? ' / ' + p.unit : ''));
  const say = el('span', { class: 'good-name' }, p.name);
  const code = el('span', { class: 'good-code' }, p.id);
  const flash = (ok) => {
    node.dataset.flash = ok ? 'good' : 'bad';
    setTimeout(() => delete node.dataset.flash, 700);
  };
  const put = (quantity) => !nobody() && take(item(p, quantity)).then(() => flash(true), () => flash(false));
  let act;
  if (weighed) {
    const kilo = el('input', { id, inputmode: 'decimal', autocomplete: 'off', placeholder: '0.455', size: 6, maxlength: 12, oninput: () => attr(kilo, 'aria-invalid', null) });
    act = el('form', {
      class: 'weigh', onsubmit: (e) => {
        e.preventDefault();
        const q = weight(kilo.value);
        attr(kilo, 'aria-invalid', q ? null : 'true');
        if (!q) kilo.focus();
        else put(q);
      },
    }, el('label', { for: id, class: 'quiet' }, 'Weight of ' + p.name + ' in ' + p.unit), kilo, el('span', { class: 'unit' }, p.unit),
    el('button', { type: 'submit', class: 'weigh-go', 'aria-label': 'Weigh ' + p.name }, icon(icons.scale), 'Weigh'));
  } else {
    act = el('button', { type: 'button', class: 'take', 'aria-label': 'Take ' + p.name, onclick: () => put('1') }, icon(icons.plus));
  }
  const node = el('li', { class: weighed ? 'good weighed' : 'good' }, swatch, el('div', { class: 'good-text' }, say, code), price, act);
  return { node };
}

// stranger is the item that no price list knows, which makes a bad cart.
function stranger() {
  const id = el('input', { id: 'x-id', value: 'NOBODY-SELLS-THIS', maxlength: 255, autocomplete: 'off', spellcheck: 'false' });
  const type = el('select', { id: 'x-type' }, el('option', {}, 'SKU'), el('option', {}, 'SCANCODE'));
  const quantity = el('input', { id: 'x-q', value: '1', inputmode: 'decimal', size: 5, maxlength: 10, autocomplete: 'off' });
  const unit = el('input', { id: 'x-u', value: 'each', size: 6, maxlength: 40, autocomplete: 'off' });
  const put = (back) => !nobody() && take({ id: id.value, type: type.value, quantity: quantity.value, unit: unit.value }, back).catch(() => {});
  return el('details', { class: 'stranger' }, el('summary', {}, 'Something that is not on the shelf'),
    el('form', { onsubmit: (e) => { e.preventDefault(); put(false); } },
      el('p', { class: 'soft' }, 'An item the retailer cannot price makes a cart that waits for a person.'),
      el('div', { class: 'fields' },
        el('label', { for: 'x-id' }, 'Id'), id, el('label', { for: 'x-type' }, 'Type'), type,
        el('label', { for: 'x-q' }, 'Quantity'), quantity, el('label', { for: 'x-u' }, 'Unit'), unit),
      el('div', { class: 'row' }, el('button', { type: 'submit', class: 'button' }, 'Take it'),
        el('button', { type: 'button', class: 'button', onclick: () => put(true) }, 'Put it back'))));
}

function inCart(b) {
  if (!b.lines.length) return ', whose cart is empty.';
  const lines = b.lines.length === 1 ? '1 line' : b.lines.length + ' lines';
  return ': ' + lines + (b.sum ? ', ' + money(b.sum, b.currency) : '');
}

export function drawShelf() {
  const none = nobody();
  text(target, none ? 'Let somebody in at ' + gateName(state.selected) + ' to take something.' : 'For ' + gateName(state.selected) + inCart(visitAt(state.selected).basket));
  attr(panel, 'data-closed', none ? 'true' : null);
  for (const b of panel.querySelectorAll('.take, .weigh-go, .stranger button')) attr(b, 'aria-disabled', none ? 'true' : null);
  if (failed) {
    text(count, failed);
    more.hidden = true;
    return;
  }
  if (!answer) {
    text(count, 'Looking at the shelf…');
    more.hidden = true;
    return;
  }
  keyed(chips, answer.categories.length ? ['', ...answer.categories] : [], (c) => c, (c) => chip(c));
  keyed(list, answer.products, (p) => p.type + ' ' + p.id + ' ' + p.shown, product);
  more.hidden = answer.products.length >= answer.found;
  text(count, !answer.total ? 'This store has no shelf: give it products in its configuration, or type what is taken below.'
    : !answer.found ? 'Nothing on the shelf is called that.'
      : answer.products.length < answer.found ? answer.products.length + ' of ' + answer.found + ' items' : answer.found + (answer.found === 1 ? ' item' : ' items'));
}

function chip(c) {
  const node = el('button', { type: 'button', class: 'cat', onclick: () => look({ category: c, limit: pageSize }) }, c || 'All');
  return { node, update: () => attr(node, 'aria-pressed', wanted.category === c ? 'true' : 'false') };
}
