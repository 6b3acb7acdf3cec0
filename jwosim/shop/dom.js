// Nodes without markup: every text becomes a text node, so nothing that comes
// from outside can ever be read as HTML.

export function el(tag, props, ...kids) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'hue') node.style.setProperty('--hue', value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...kids.flat().filter((k) => k !== undefined && k !== null && k !== false));
  return node;
}

// text writes only what changed, so that a selection or a screen reader is left alone.
export function text(node, value) {
  const s = String(value ?? '');
  if (node.textContent !== s) node.textContent = s;
}

export function attr(node, name, value) {
  if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value === true ? '' : value)) node.setAttribute(name, value === true ? '' : value);
}

// fill replaces the children.
export function fill(node, ...kids) {
  node.replaceChildren(...kids.flat().filter((k) => k !== undefined && k !== null && k !== false));
}

const kept = new WeakMap();

// keyed makes the children of a node follow a list. A child lives as long as
// its key is in the list, and keeps its focus and what was typed into it. make
// returns {node, update}.
export function keyed(parent, list, key, make) {
  const before = kept.get(parent) || new Map();
  const now = new Map();
  let at = parent.firstElementChild;
  for (const item of list) {
    const k = key(item);
    const child = before.get(k) || make(item);
    before.delete(k);
    now.set(k, child);
    if (child.node === at) at = at.nextElementSibling;
    else parent.insertBefore(child.node, at);
    child.update?.(item);
  }
  for (const child of before.values()) child.node.remove();
  kept.set(parent, now);
}

// icon draws a path of 24 by 24.
export function icon(path) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(ns, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

export const icons = {
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  cross: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  right: 'M4 12h15m-6-6 6 6-6 6',
  left: 'M20 12H5m6-6-6 6 6 6',
  camera: 'M4 8h3.5l1.5-2.5h6L16.5 8H20v11H4zM12 16.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5z',
  person: 'M12 11.5a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5zM4.5 20a7.5 7.5 0 0 1 15 0',
  door: 'M6 21V4.5h12V21M3 21h18M14.5 12.5v.5',
  bag: 'M5 8h14l-1 12.5H6zM9 8V6.5a3 3 0 0 1 6 0V8',
  scale: 'M12 4v16M7 20h10M5 8h14M5 8l-2.5 6a3 3 0 0 0 5 0zM19 8l-2.5 6a3 3 0 0 0 5 0z',
  calls: 'M4 8h13m-4-4 4 4-4 4M20 16H7m4-4-4 4 4 4',
};
