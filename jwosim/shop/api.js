// The simulator's management port: calls, and the stream of what happens.

export class Refusal extends Error {
  constructor(message, status, refused) {
    super(message);
    this.status = status;
    this.refused = refused;
  }
}

async function ask(method, path, body, type) {
  let resp;
  try {
    resp = await fetch(path, { method, body, headers: body && type ? { 'Content-Type': type } : {} });
  } catch {
    throw new Refusal('The simulator does not answer. Is it still running?', 0);
  }
  let answer;
  try {
    answer = await resp.json();
  } catch {
    throw new Refusal('The simulator answered ' + resp.status + ' without anything to read.', resp.status);
  }
  if (!resp.ok) throw new Refusal(answer.error || 'Status ' + resp.status, resp.status, answer.refused);
  return answer;
}

export const get = (path) => ask('GET', path);
export const post = (path, body) => ask('POST', path, body && JSON.stringify(body), 'application/json');
export const upload = (path, blob) => ask('POST', path, blob, blob.type);
export const segment = encodeURIComponent;

// follow reads the stream for ever. on has a function for each event, and
// link(up) for the state of the line. A line that is silent for longer than two
// heartbeats is taken for dead.
export function follow(on) {
  const silence = 25000;
  let source, watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      on.link(false);
      open();
    }, silence);
  };
  const open = () => {
    source?.close();
    source = new EventSource('/events');
    alive();
    source.onopen = () => on.link(true);
    source.onerror = () => {
      on.link(false);
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(watchdog);
        watchdog = setTimeout(open, 3000);
      }
    };
    for (const name of ['hello', 'call', 'visit', 'gap', 'beat']) {
      source.addEventListener(name, (e) => {
        alive();
        on[name](JSON.parse(e.data));
      });
    }
  };
  open();
}
