// The form of a gate: who comes in, and how.

import { el, fill, text, attr, icon, icons } from './dom.js';
import { state, draw, gateName } from './state.js';
import { enter } from './acts.js';
import { post } from './api.js';
import { codeOn } from './picture.js';

// entry makes the form of one gate; it keeps what was typed as long as the gate
// is there.
export function entry(gate) {
  const id = (name) => gate + '-' + name;
  const ways = ['code', 'card'];
  let way = 'code';
  const pick = ways.map((w) => el('button', {
    type: 'button', class: 'seg', 'aria-pressed': 'false', 'data-way': w, onclick: () => { way = w; update(); },
  }, w === 'code' ? 'App code' : 'Bank card'));

  const code = el('textarea', {
    id: id('code'), rows: 3, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', placeholder: 'Paste or type the text of the code', maxlength: 4096,
    onkeydown: (e) => { // a code has no lines, so Enter goes to the gate
      if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); form.requestSubmit(); }
    },
    oninput: () => { note(''); },
    onpaste: (e) => { const f = [...(e.clipboardData?.files || [])][0]; if (f) { e.preventDefault(); read(f); } },
  });
  const file = el('input', { type: 'file', accept: 'image/*', id: id('picture'), class: 'file', onchange: () => { if (file.files[0]) read(file.files[0]); } });
  const picture = el('label', { class: 'button', for: id('picture') }, icon(icons.camera), 'Picture of a code');
  const whose = el('input', { id: id('whose'), placeholder: 'anybody', maxlength: 255, autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Whose app' });
  const fresh = el('div', { class: 'row fresh' },
    el('button', { type: 'button', class: 'button', onclick: () => read(null) }, icon(icons.person), 'Fresh code'), el('span', { class: 'soft' }, 'of'), whose);
  const codePart = el('div', { class: 'part' },
    el('label', { for: id('code') }, 'Code from the shopper’s app'), code,
    el('div', { class: 'row' }, file, picture, el('span', { class: 'soft' }, 'or paste one')), fresh);

  const kind = el('select', { id: id('card'), onchange: () => update() });
  const explain = el('p', { class: 'explain', id: id('explain') });
  attr(kind, 'aria-describedby', id('explain'));
  const owner = el('input', { id: id('owner'), value: gate, maxlength: 60, autocomplete: 'off', spellcheck: 'false' });
  const cardPart = el('div', { class: 'part' },
    el('label', { for: id('card') }, 'How the card behaves'), kind, explain,
    el('label', { for: id('owner') }, 'Whose card'), owner,
    el('p', { class: 'soft' }, 'The same name is the same card, with its balance and its debts.'));

  const problem = el('p', { class: 'note bad', role: 'alert', hidden: true });
  const go = el('button', { type: 'submit', class: 'primary' });
  const form = el('form', {
    class: 'entry', 'aria-label': 'Come in at ' + gateName(gate), onsubmit: (e) => { e.preventDefault(); submit(); },
  }, el('div', { class: 'segs', role: 'group', 'aria-label': 'Means of entry' }, pick), codePart, cardPart, problem, go);

  function note(words) {
    problem.hidden = !words;
    text(problem, words);
  }

  // read takes the code of a picture, or a fresh one where there is none.
  async function read(f) {
    note('');
    form.setAttribute('aria-busy', 'true');
    try {
      code.value = f ? await codeOn(f) : (await post('/gate/fresh', { who: whose.value.trim() })).text;
      code.focus();
    } catch (e) {
      note(e.message);
    } finally {
      form.removeAttribute('aria-busy');
      file.value = ''; // so that the same picture may be chosen again
    }
  }

  function submit() {
    if (state.busy.has(gate)) return;
    if (way === 'card') {
      enter(gate, { card: owner.value.trim() && !known() ? kind.value + '#' + owner.value.trim() : kind.value });
      return;
    }
    const value = code.value.trim();
    if (!value) {
      note('There is no code yet: type or paste one, or choose a picture.');
      code.focus();
      return;
    }
    enter(gate, { code: value });
  }

  const known = () => state.cards.find((c) => c.name === kind.value)?.known;

  let cards = null;
  function update() {
    for (const b of pick) attr(b, 'aria-pressed', b.dataset.way === way ? 'true' : 'false');
    fresh.hidden = !state.canDraw;
    codePart.hidden = way !== 'code';
    cardPart.hidden = way !== 'card';
    if (cards !== state.cards) {
      const chosen = kind.value || 'approve';
      fill(kind, state.cards.map((c) => el('option', { value: c.name }, c.known ? c.name : c.name.replaceAll('_', ' '))));
      if (state.cards.some((c) => c.name === chosen)) kind.value = chosen;
      cards = state.cards;
    }
    text(explain, state.cards.find((c) => c.name === kind.value)?.explain || '');
    owner.disabled = Boolean(known());
    const asks = state.busy.has(gate);
    text(go, asks ? 'The gate asks…' : way === 'code' ? 'Scan the code' : 'Tap the card');
    attr(go, 'aria-disabled', asks ? 'true' : null);
  }

  return { node: form, update };
}

// setCards takes the magic cards and those of the configuration.
export const setCards = (magic, own) => {
  state.cards = [
    ...magic.map((c) => ({ name: c.name, explain: c.explain })),
    ...own.filter((c) => !c.id.includes('#') && !c.id.startsWith('visitor:') && !magic.some((m) => m.name === c.id))
      .map((c) => ({ name: c.id, explain: 'A card of this simulator’s configuration: ' + c.brand + ' ending in ' + c.last4 + '.', known: true })),
  ];
  draw();
};
