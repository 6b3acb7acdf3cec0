// The shop page: puts the parts together and follows the simulator.

import { el, text, fill, attr, icon, icons } from './dom.js';
import { follow, get } from './api.js';
import { state, draw, onDraw, restore, restarted, beat, addVisit, addCall, visitAt, shopping, save } from './state.js';
import { walkOutAll } from './acts.js';
import { setCards } from './entry.js';
import { drawGates } from './gates.js';
import { drawVisit } from './visit.js';
import { drawShelf, look } from './shelf.js';
import { drawCalls } from './calls.js';

const $ = (id) => document.getElementById(id);
const tabs = [['gate', 'Gates', icons.door], ['shelf', 'Shelf', icons.bag], ['calls', 'Calls', icons.calls]];
const tabOf = new Map(tabs.map(([name, title, path]) => {
  const badge = el('span', { class: 'badge' });
  const button = el('button', { type: 'button', onclick: () => go(name) }, icon(path), title, badge);
  $('tabs').append(button);
  return [name, { button, badge }];
}));

function go(name) {
  state.tab = name;
  draw();
  window.scrollTo(0, 0);
}

let seen = 0; // the last call that was looked at

function drawFrame() {
  const store = state.store;
  text($('seed'), state.seed);
  text($('faults'), state.faults + (state.strict ? ', strict' : ''));
  attr($('faults'), 'title', state.faults);
  $('ahead').parentNode.hidden = !state.ahead;
  text($('ahead'), '+' + state.ahead);
  text($('connector'), store ? store.connectorUrl || 'none' : '–');
  attr($('link'), 'data-up', state.up ? 'true' : 'false');
  text($('link'), state.up ? 'Live' : state.up === undefined ? 'Connecting' : 'Connection lost');
  const inside = state.gates.filter((g) => shopping(visitAt(g))).length;
  text($('allout'), inside ? 'Walk out all (' + inside + ')' : 'Walk out all');
  $('allout').disabled = !inside;
  if (state.tab === 'calls' || matchMedia('(min-width: 62rem)').matches) seen = state.calls.at(-1)?.seq || 0;
  for (const [name, { button, badge }] of tabOf) {
    attr(button, 'aria-current', state.tab === name ? 'true' : null);
    const news = name === 'calls' ? state.calls.filter((c) => c.seq > seen).length
      : name === 'gate' ? (visitAt(state.selected)?.basket.lines.length || 0) : 0;
    text(badge, news ? (news > 99 ? '99+' : news) : '');
    badge.hidden = !news;
  }
  document.body.dataset.tab = state.tab;
  trouble();
}

// trouble says loudly what is wrong with the simulator or the connector.
function trouble() {
  const store = state.store;
  let words = '';
  if (state.up === false) words = 'The simulator does not answer. Start it again, or wait: this page comes back by itself.';
  else if (store && !store.connectorUrl) words = 'This store has no connector: its gate keeps to its default, ' + store.defaultGate + '. Name one with --connector.';
  else {
    const ours = state.calls.filter((c) => c.direction === 'from_amazon' && c.storeId === store?.id && !c.fault);
    const last = ours.slice(-2);
    if (last.length && last.every((c) => !c.status && c.error)) words = 'The connector at ' + store.connectorUrl + ' does not answer: ' + last.at(-1).error;
  }
  $('trouble').hidden = !words;
  text($('trouble'), words);
}

function stores() {
  fill($('store'), state.stores.map((s) => el('option', { value: s.id }, s.id)));
  $('store').value = state.store.id;
  $('store').disabled = state.stores.length < 2;
}

$('store').onchange = () => {
  state.store = state.stores.find((s) => s.id === $('store').value);
  save('store', state.store.id);
  look({ q: '', category: '' });
  draw();
};
$('allout').onclick = walkOutAll;

async function cards() {
  try {
    setCards(await get('/cards/magic'), await get('/cards'));
  } catch { /* asked again when the line is back */ }
}

restore();
for (const f of [drawFrame, drawGates, drawVisit, drawShelf, drawCalls]) onDraw(f);
$('app').hidden = false;
document.body.dataset.tab = state.tab;
draw();
follow({
  hello(h) {
    const other = h.life !== state.life;
    restarted(h);
    if (other) {
      stores();
      look({});
      cards();
    }
    draw();
  },
  call(c) { addCall(c); draw(); },
  visit(v) { addVisit(v); draw(); },
  gap(g) { state.missed += g.missed; draw(); },
  beat(b) { beat(b); draw(); },
  link(up) { if (state.up !== up) { state.up = up; draw(); } },
});
