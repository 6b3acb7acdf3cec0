// The calls that went each way, as they happen.

import { el, text, attr, fill, keyed, icon, icons } from './dom.js';
import { state, draw, gateName } from './state.js';
import { took, clock } from './words.js';

const panel = document.getElementById('panel-calls');
const shown = 150;
let held = null; // the calls as they were when the list was stopped
let since = 0; // calls before this number were cleared away

const gate = el('select', { id: 'c-gate', onchange: draw });
const search = el('input', { id: 'c-text', type: 'search', placeholder: 'Trip, call or status', autocomplete: 'off', spellcheck: 'false', oninput: draw });
const hold = el('button', { type: 'button', class: 'button', 'aria-pressed': 'false', onclick: () => { held = held ? null : state.calls.slice(); draw(); } }, 'Hold');
const clear = el('button', { type: 'button', class: 'button', onclick: () => { since = state.calls.at(-1)?.seq || 0; held = null; draw(); } }, 'Clear');
const list = el('ol', { class: 'calls-list' });
const note = el('p', { class: 'soft', role: 'status' });
const total = el('p', { class: 'target' });

fill(panel,
  el('header', { class: 'head' }, el('div', {}, el('h2', { id: 'h-calls' }, 'Calls'), total),
    el('div', { class: 'row' }, hold, clear)),
  el('div', { class: 'find split' },
    el('label', { for: 'c-gate', class: 'quiet' }, 'Calls of which gate'), gate,
    el('label', { for: 'c-text', class: 'quiet' }, 'Search the calls'), search),
  el('p', { class: 'legend' },
    el('span', {}, el('span', { class: 'dir from' }, icon(icons.left)), 'Amazon calls the store'),
    el('span', {}, el('span', { class: 'dir to' }, icon(icons.right)), 'The store calls Amazon')),
  el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'List of calls, the newest first' }, list, note));

const gateOf = (c) => {
  const v = state.visits.get(c.tripId);
  return v && v.trip.storeId === state.store?.id ? v.gate : '';
};

const tone = (c) => (!c.status || c.status >= 500 ? 'bad' : c.status >= 400 ? 'warn' : 'good');

function row(c) {
  const from = c.direction === 'from_amazon';
  const where = el('span', { class: 'at' });
  const body = el('div', { class: 'body' });
  const details = el('details', {
    ontoggle: () => {
      if (details.open && !body.firstChild) fill(body, bodies(c));
    },
  }, el('summary', {},
    el('span', { class: from ? 'dir from' : 'dir to' }, icon(from ? icons.left : icons.right), el('span', { class: 'quiet' }, from ? 'Amazon calls the store:' : 'The store calls Amazon:')),
    el('span', { class: 'api' }, c.api, c.attempt > 0 ? el('small', {}, ' try ' + (c.attempt + 1)) : ''),
    where,
    el('span', { class: 'status', 'data-tone': tone(c) }, c.status ? String(c.status) : 'none'),
    el('span', { class: 'took' }, took(c.tookNanos)),
    c.fault ? el('span', { class: 'fault' }, 'fault played: ' + c.fault) : '',
    c.error ? el('span', { class: 'fault' }, c.error) : ''), body);
  return {
    node: el('li', { 'data-seq': c.seq, 'data-api': c.api }, details),
    update: () => {
      const g = gateOf(c);
      text(where, g ? gateName(g) : c.tripId ? c.tripId.slice(-6) : '');
    },
  };
}

function bodies(c) {
  const facts = [
    ['POST', c.path], ['At', clock(c.at)], ['Trip', c.tripId], ['Event', c.eventId], ['Request id', c.requestId], ['Store', c.storeId],
  ].filter(([, v]) => v);
  const headers = (list) => (list && Object.keys(list).length ? el('details', { class: 'headers' }, el('summary', {}, 'Headers'),
    el('dl', { class: 'rows' }, Object.entries(list).sort().map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v))))) : '');
  return [
    el('dl', { class: 'rows' }, facts.map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, v)))),
    el('h4', {}, 'Request'), headers(c.requestHeaders), el('pre', { tabindex: '0', 'aria-label': 'Request' }, pretty(c.request)),
    el('h4', {}, c.status ? 'Answer ' + c.status : 'Answer that did not arrive'), headers(c.responseHeaders), el('pre', { tabindex: '0', 'aria-label': 'Answer' }, pretty(c.response) || 'empty'),
  ];
}

// pretty indents JSON without reading its numbers: 12.30 stays 12.30. What is
// no JSON is shown as it came.
export function pretty(body) {
  try {
    JSON.parse(body);
  } catch {
    return body;
  }
  let out = '';
  let depth = 0;
  const line = () => '\n' + '  '.repeat(depth);
  for (const [token] of body.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') {
      depth++;
      out += token + line();
    } else if (token === '}' || token === ']') {
      depth--;
      out = /[{[]\s*$/.test(out) ? out.trimEnd() + token : out + line() + token;
    } else if (token === ',') out += ',' + line();
    else if (token === ':') out += ': ';
    else out += token;
  }
  return out;
}

function matches(c) {
  if (c.seq <= since || (state.store && c.storeId && c.storeId !== state.store.id)) return false;
  if (gate.value === 'mine' && !gateOf(c)) return false;
  if (gate.value.startsWith('gate-') && gateOf(c) !== gate.value) return false;
  const q = search.value.trim().toLowerCase();
  return !q || [c.api, c.tripId, String(c.status), c.fault, c.path].some((s) => s.toLowerCase().includes(q));
}

let choices = '';

export function drawCalls() {
  const now = state.gates.join();
  if (now !== choices) {
    const chosen = gate.value;
    choices = now;
    fill(gate, el('option', { value: '' }, 'All calls'), el('option', { value: 'mine' }, 'All gates here'),
      state.gates.map((g) => el('option', { value: g }, gateName(g))));
    gate.value = chosen;
    if (gate.selectedIndex < 0) gate.value = '';
  }
  const all = (held || state.calls).filter(matches);
  keyed(list, all.slice(-shown).reverse(), (c) => c.seq, row);
  attr(hold, 'aria-pressed', held ? 'true' : 'false');
  text(hold, held ? 'Go on' : 'Hold');
  text(total, held ? 'Stopped. ' + (state.calls.at(-1)?.seq - held.at(-1)?.seq || 0) + ' newer.' : 'Live, the newest first.');
  text(note, all.length > shown ? 'The last ' + shown + ' of ' + all.length + '.'
    : all.length ? (state.missed ? state.missed + ' calls came too fast to be kept.' : '')
      : state.calls.length ? 'No call fits.' : 'No calls yet. Let somebody in: the gate asks the retailer, and the question appears here.');
}
