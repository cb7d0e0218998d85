// JSON as lines of text, indented and coloured; every piece of it is a text node.
import { h, button, fill } from './dom.js';

/** Longer ones are cut until asked for: a prompt of a megabyte would hold up the page. */
const SHOWN = 20_000;

/** A value that came as JSON, pretty; a text shows its lines as they are. */
export function jsonBlock(value, name) {
  const pieces = typeof value === 'string' ? [['text', value]] : print(value, 0);
  const place = h('pre', { class: 'code json', tabindex: 0, role: 'region', 'aria-label': name });
  const length = pieces.reduce((sum, [, text]) => sum + text.length, 0);
  if (length <= SHOWN) {
    return show(place, pieces);
  }
  const all = button(`Show all ${Math.ceil(length / 1000)} thousand characters`, () => {
    show(place, pieces);
    all.remove();
  }, { class: 'button quiet small' });
  return h('div', {}, show(place, cut(pieces)), all);
}

/** The same as plain text, for the clipboard. */
export function jsonText(value) {
  return typeof value === 'string' ? value : print(value, 0).map(([, text]) => text).join('');
}

function show(place, pieces) {
  return fill(place, pieces.map(([kind, text]) =>
    kind === 'text' ? document.createTextNode(text) : h('span', { class: `json-${kind}` }, text)));
}

function cut(pieces) {
  const shown = [];
  let left = SHOWN;
  for (const [kind, text] of pieces) {
    shown.push([kind, text.length > left ? `${text.slice(0, left)}…` : text]);
    left -= text.length;
    if (left <= 0) {
      break;
    }
  }
  return shown;
}

function print(value, depth) {
  if (value === null) {
    return [['word', 'null']];
  }
  if (typeof value === 'string') {
    return [['string', JSON.stringify(value)]];
  }
  if (typeof value !== 'object') {
    // Also a BigInt, which JSON.stringify refuses.
    return [['word', String(value)]];
  }
  const list = Array.isArray(value);
  const entries = list ? value.map((each) => [null, each]) : Object.entries(value);
  if (entries.length === 0) {
    return [['text', list ? '[]' : '{}']];
  }
  const indent = '  '.repeat(depth + 1);
  const pieces = [['text', list ? '[' : '{']];
  entries.forEach(([key, each], i) => {
    pieces.push(['text', `${i === 0 ? '' : ','}\n${indent}`]);
    if (key !== null) {
      pieces.push(['key', JSON.stringify(key)], ['text', ': ']);
    }
    // One by one: a call with too many arguments fails.
    for (const piece of print(each, depth + 1)) {
      pieces.push(piece);
    }
  });
  pieces.push(['text', `\n${'  '.repeat(depth)}${list ? ']' : '}'}`]);
  return pieces;
}
