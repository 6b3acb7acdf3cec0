// Sums come as text or as whole minor units and stay text: no sum on this page
// passes through a floating-point number.

import { currency } from './state.js';

const digits = new Map();

function decimals(currency) {
  if (!digits.has(currency)) {
    let n = 2;
    try {
      n = new Intl.NumberFormat('en-US', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
    } catch { /* no code Intl knows */ }
    digits.set(currency, n);
  }
  return digits.get(currency);
}

function sign(currency) {
  try {
    const parts = new Intl.NumberFormat('en-US', { style: 'currency', currency }).formatToParts(0);
    const s = parts.find((p) => p.type === 'currency').value;
    return s.length > 1 && /[A-Z]$/.test(s) ? s + ' ' : s;
  } catch {
    return currency + ' ';
  }
}

// money writes "1234.5" as "$1,234.50"; further decimals are shown, not rounded.
export function money(text, currency) {
  const minus = text.startsWith('-');
  let [whole, part = ''] = text.replace('-', '').split('.');
  part = part.replace(/0+$/, '').padEnd(decimals(currency), '0');
  whole = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return (minus ? '−' : '') + sign(currency) + whole + (part ? '.' + part : '');
}

// price puts a sum into a node, what is finer than the currency in small.
export function price(node, sum) {
  if (node.dataset.sum === sum) return;
  node.dataset.sum = sum;
  const d = decimals(currency());
  const cut = d && /\.\d/.test(sum) ? sum.indexOf('.') + 1 + d : sum.length;
  node.replaceChildren(sum.slice(0, cut));
  if (cut < sum.length) {
    const rest = document.createElement('small');
    rest.className = 'finer';
    rest.append(sum.slice(cut));
    node.append(rest);
  }
}

// minor writes whole minor units: 1234 of USD is "$12.34".
export function minor(n, currency) {
  const d = decimals(currency);
  const s = String(Math.abs(n)).padStart(d + 1, '0');
  const text = d ? s.slice(0, -d) + '.' + s.slice(-d) : s;
  return money((n < 0 ? '-' : '') + text, currency);
}

// weight reads what people type as a weight or quantity: "0,455" too. It
// returns the exact text to send, "" when it is none.
export function weight(text) {
  const s = text.trim().replace(',', '.');
  return /^\d{1,6}(\.\d{1,6})?$/.test(s) && /[1-9]/.test(s) && s.length <= 10 ? s : '';
}
