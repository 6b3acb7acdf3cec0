// The live cart.

import { el, text, attr, keyed, icon, icons } from './dom.js';
import { shopping, currency } from './state.js';
import { take } from './acts.js';
import { money, price } from './money.js';

const key = (l) => l.type + ' ' + l.unit + ' ' + l.id;

const short = (l, quantity) => ({ id: l.id, type: l.type, unit: l.unit, quantity, external: l.external.length ? l.external : undefined });

export function cart() {
  const list = el('ul', { class: 'lines', 'aria-label': 'In the cart' });
  const empty = el('p', { class: 'empty' }, icon(icons.bag), el('span', {}, 'The cart is empty. Take something from the shelf, or walk out with nothing.'));
  const unknown = el('p', { class: 'note' }, 'The shelf does not know the price of everything here.');
  const sum = el('dd');
  const total = el('dl', { class: 'total' }, el('dt', {}, 'At shelf prices'), sum);
  const caution = el('p', { class: 'soft' }, 'Exact, before the retailer’s promotions, taxes and rounding.');
  return {
    node: el('div', { class: 'cart' }, empty, list, unknown, total, caution),
    update(v) {
      const b = v.basket;
      const inside = shopping(v);
      empty.hidden = b.lines.length > 0;
      text(empty.lastChild, inside ? 'The cart is empty. Take something from the shelf, or walk out with nothing.' : 'Nothing was taken.');
      keyed(list, b.lines, key, () => line());
      for (const n of list.children) attr(n, 'data-fixed', inside ? null : 'true');
      total.hidden = caution.hidden = !b.lines.length || b.sum === '';
      unknown.hidden = b.sum !== '';
      if (b.sum !== '') price(sum, money(b.sum, b.currency));
    },
  };
}

function line() {
  let now;
  const name = el('span', { class: 'line-name' });
  const detail = el('span', { class: 'line-detail' });
  const count = el('span', { class: 'count' });
  const sum = el('span', { class: 'line-sum' });
  const less = el('button', {
    type: 'button', class: 'round', onclick: () => take(short(now, now.unit === 'each' ? '1' : now.quantity), true).catch(() => {}),
  }, icon(icons.minus));
  const more = el('button', { type: 'button', class: 'round', onclick: () => take(short(now, '1')).catch(() => {}) }, icon(icons.plus));
  const node = el('li', {}, el('div', { class: 'line-text' }, name, detail), el('div', { class: 'stepper' }, less, count, more), sum);
  return {
    node,
    update(l) {
      now = l;
      const title = l.name || l.id;
      const weighed = l.unit !== 'each';
      text(name, title);
      const what = l.type === 'SCANCODE' ? 'barcode ' + l.id : l.name ? l.id : 'not on the shelf';
      text(detail, l.price ? what + ' · ' + money(l.price, currency()) + (weighed ? ' / ' : ' ') + l.unit : what);
      text(count, weighed ? l.quantity + ' ' + l.unit : l.quantity);
      attr(less, 'aria-label', (weighed ? 'Put back all ' : 'Put back one ') + title);
      attr(less, 'title', weighed ? 'Put it all back' : 'Put one back');
      more.hidden = weighed;
      attr(more, 'aria-label', 'Take one more ' + title);
      attr(more, 'title', 'Take one more');
      price(sum, l.sum ? money(l.sum, currency()) : '—');
    },
  };
}
