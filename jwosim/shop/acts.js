// What shoppers do. Each act is one call of the management port; what came of
// it arrives with the stream, and is fetched besides for a browser whose stream
// is down.

import { get, post, segment } from './api.js';
import { state, draw, addVisit, visitAt, addGate } from './state.js';

const say = document.getElementById('said');

// announce tells those who hear the page.
export function announce(words) {
  say.textContent = words;
}

async function refresh(trip) {
  try {
    addVisit(await get('/visit/' + segment(trip)));
  } catch { /* the stream will tell */ }
  draw();
}

// at runs an act at a gate and keeps what went wrong for its panel.
async function at(gate, f) {
  state.said.delete(gate);
  draw();
  try {
    return await f();
  } catch (e) {
    state.said.set(gate, e.message);
    if (e.refused?.tripId) state.said.delete(gate); // the visit tells it better
    announce(e.message);
    throw e;
  } finally {
    draw();
  }
}

// enter lets a shopper try a gate with {code} or {card}.
export function enter(gate, means) {
  const last = visitAt(gate)?.trip.key.split('/').at(-1);
  const key = gate + '/' + (Number(last || 0) + 1);
  return at(gate, async () => {
    state.busy.add(gate);
    try {
      const trip = await post(means.card ? '/gate/card' : '/gate/code', { storeId: state.store.id, key, ...means });
      if (means.code) state.codes.set(trip.id, means.code);
      announce('The gate opened.');
      await refresh(trip.id);
    } catch (e) {
      if (e.refused?.tripId) await refresh(e.refused.tripId);
      throw e;
    } finally {
      state.busy.delete(gate);
    }
  }).catch(() => {});
}

export function join(gate, means) {
  const trip = visitAt(gate).trip.id;
  return at(gate, async () => {
    state.busy.add(gate);
    try {
      await post('/trip/' + segment(trip) + '/join', means);
      announce('Another person passed the gate.');
      await refresh(trip);
    } catch (e) {
      if (e.refused) throw new Error('The other person was kept out: ' + e.refused.reason.replaceAll('_', ' ') +
        (e.refused.status ? ', status ' + e.refused.status : '') + '.');
      throw e;
    } finally {
      state.busy.delete(gate);
    }
  }).catch(() => {});
}

// take puts an item into the selected shopper's cart, or back.
export function take(item, back) {
  const gate = state.selected;
  const trip = visitAt(gate).trip.id;
  return at(gate, async () => {
    await post('/trip/' + segment(trip) + (back ? '/putback' : '/take'), item);
    await refresh(trip);
    announce((back ? 'Put back ' : 'Took ') + item.quantity + ' ' + (item.unit || 'each') + ' of ' + item.id);
  });
}

export function walkOut(gate) {
  const trip = visitAt(gate).trip.id;
  return at(gate, async () => {
    await post('/trip/' + segment(trip) + '/out?wait=false');
    await refresh(trip);
    announce('Walked out.');
  }).catch(() => {});
}

export function redeliver(gate) {
  const trip = visitAt(gate).trip.id;
  return at(gate, async () => {
    await post('/trip/' + segment(trip) + '/redeliver');
    await refresh(trip);
  }).catch(() => {});
}

export async function walkOutAll() {
  try {
    const { left } = await post('/out?store=' + segment(state.store.id));
    announce(left.length + ' walked out.');
    for (const gate of state.gates) {
      const v = visitAt(gate);
      if (v && left.includes(v.trip.id)) await refresh(v.trip.id);
    }
  } catch (e) {
    announce(e.message);
    state.said.set(state.selected, e.message);
    draw();
  }
}

export function newGate() {
  state.selected = addGate();
  draw();
}
