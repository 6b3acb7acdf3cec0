// What the page knows. The simulator owns the truth: visits and calls come from
// its stream, so that several browsers show one shop.

const most = 500; // calls kept

export const state = {
  life: '',
  up: undefined, // undefined before the first word of the simulator
  stores: [],
  store: null,
  gates: [], // "gate-1"
  selected: 'gate-1',
  tab: 'gate',
  seed: '',
  canDraw: false, // the simulator can draw fresh codes
  ahead: '',
  strict: false,
  faults: '',
  calls: [], // the newest last
  missed: 0,
  visits: new Map(), // trip id → visit
  current: new Map(), // store/gate → its latest visit
  codes: new Map(), // trip id → the code it entered with, known to this browser alone
  busy: new Set(), // gates whose question is under way
  said: new Map(), // gate → the last error of an act there
  shelf: null,
  cards: [],
};

let drawing = false;
const drawers = [];

export const onDraw = (f) => drawers.push(f);

// draw draws once per frame however often it is asked.
export function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const f of drawers) f(state);
  });
}

const number = (gate) => Number(gate.slice(5));

export const gateName = (gate) => 'Gate ' + gate.slice(5);

export const visitAt = (gate) => state.store && state.current.get(state.store.id + '/' + gate);

export const currency = () => state.store?.currency || 'USD';

export function restarted(hello) {
  if (hello.life !== state.life) {
    state.calls = [];
    state.missed = 0;
    state.visits.clear();
    state.current.clear();
    state.codes.clear();
    state.said.clear();
  }
  const chosen = state.store?.id || load('store');
  Object.assign(state, { life: hello.life, seed: hello.seed, canDraw: hello.codes, stores: hello.stores });
  beat(hello);
  state.store = hello.stores.find((s) => s.id === chosen) || hello.stores[0];
}

// beat takes what may change at any time.
export function beat({ faults, ahead, strict }) {
  Object.assign(state, { faults, ahead, strict });
}

export function addVisit(v) {
  if (state.visits.get(v.trip.id)?.look > v.look) return; // an answer that the stream overtook
  state.visits.set(v.trip.id, v);
  const at = v.trip.storeId + '/' + v.gate;
  const now = state.current.get(at);
  if (!now || now.no <= v.no) state.current.set(at, v);
  if (v.trip.storeId === state.store?.id && !state.gates.includes(v.gate) && /^gate-\d+$/.test(v.gate) && open(v)) addGate(v.gate);
}

// open is a visit that somebody is still in.
export const open = (v) => ['entering', 'shopping', 'left'].includes(v?.trip.state);

export const shopping = (v) => v?.trip.state === 'shopping';

export function addCall(c) {
  const last = state.calls.at(-1);
  if (last && c.seq <= last.seq) return;
  state.calls.push(c);
  if (state.calls.length > most) state.calls.splice(0, state.calls.length - most);
}

export const callsOf = (trip, ...apis) => state.calls.filter((c) => c.tripId === trip && (!apis.length || apis.includes(c.api)));

export function addGate(gate) {
  if (!gate) {
    let n = 1;
    while (state.gates.includes('gate-' + n)) n++;
    gate = 'gate-' + n;
  }
  state.gates.push(gate);
  state.gates.sort((a, b) => number(a) - number(b));
  save('gates', state.gates);
  return gate;
}

export function removeGate(gate) {
  state.gates = state.gates.filter((g) => g !== gate);
  if (state.selected === gate) state.selected = state.gates[0];
  save('gates', state.gates);
}

// What the browser remembers is for convenience: private windows have none.
export function save(name, value) {
  try {
    localStorage.setItem('shop.' + name, JSON.stringify(value));
  } catch { /* nothing is lost but the convenience */ }
}

export function load(name) {
  try {
    return JSON.parse(localStorage.getItem('shop.' + name));
  } catch {
    return null;
  }
}

export function restore() {
  const gates = load('gates');
  const good = Array.isArray(gates) && gates.length > 0 && gates.every((g) => /^gate-\d{1,4}$/.test(g));
  state.gates = good ? gates : Array.from({ length: 8 }, (_, i) => 'gate-' + (i + 1));
  state.selected = state.gates[0];
}
