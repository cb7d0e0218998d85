// Makes elements. Everything that is shown goes through here, and text only ever becomes text.

const SVG = 'http://www.w3.org/2000/svg';

/** What may be set on an element. Nothing here runs or loads what came with the data. */
const ATTRIBUTES = new Set([
  'autocomplete', 'checked', 'class', 'colspan', 'cx', 'cy', 'd', 'datetime', 'disabled', 'download',
  'fill', 'for', 'height', 'hidden', 'id', 'list', 'max', 'maxlength', 'min', 'name', 'open',
  'placeholder', 'points', 'r', 'role', 'rx', 'scope', 'selected', 'spellcheck', 'step', 'stroke',
  'tabindex', 'title', 'type', 'value', 'viewBox', 'width', 'x', 'y',
]);

function assign(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name === 'on') {
      Object.entries(value).forEach(([type, listener]) => element.addEventListener(type, listener));
    } else if (name === 'data') {
      Object.assign(element.dataset, value);
    } else if (ATTRIBUTES.has(name) || name.startsWith('aria-')) {
      element.setAttribute(name, value === true ? '' : String(value));
    } else {
      throw new Error(`attribute ${name} is not allowed`);
    }
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) {
      continue;
    }
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** An element with attributes, listeners (`on`), data and children; texts become text nodes. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  assign(element, attributes);
  append(element, children);
  return element;
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  assign(element, attributes);
  append(element, children);
  return element;
}

/** Lets a link lead to a path of this server; the path is the program's, its query may hold anything. */
export function lead(element, path, query) {
  if (!/^\/[a-z.\-/]*$/.test(path) || (query && !query.startsWith('?'))) {
    throw new Error('a link leads to a path of this server');
  }
  element.setAttribute('href', `${path}${query}`);
  return element;
}

export function link(path, query, attributes, ...children) {
  return lead(h('a', attributes, ...children), path, query);
}

/** Puts these in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

export function button(label, onClick, attributes, ...more) {
  return h('button', { type: 'button', class: 'button', on: { click: onClick }, ...attributes }, label, ...more);
}

const ICONS = {
  overview: 'M4 20V11M10 20V5M16 20v-7M22 20V8',
  companies: 'M4 21V5l8-3v19M12 9h8v12M2 21h20M7 8h2M7 12h2M7 16h2M15 13h2M15 17h2',
  calls: 'M4 6h16M4 12h16M4 18h10',
  pipeline: 'M2 12h4l3-8 5 16 3-8h5',
  theme: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z',
  keys: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10',
  out: 'M10 4H4v16h6M14 8l4 4-4 4M18 12H9',
  close: 'M6 6l12 12M18 6L6 18',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  filter: 'M3 5h18l-7 8v6l-4 2v-8z',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4l13 8-13 8z',
  down: 'M12 4v12M6 11l6 6 6-6M4 21h16',
  alert: 'M12 3l10 18H2zM12 10v5M12 18h.01',
  check: 'M4 12l6 6L20 6',
};

/** A line drawing of 24 by 24; it says nothing that is not also said in words. */
export function icon(name) {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', width: 18, height: 18, 'aria-hidden': 'true' },
    svg('path', { d: ICONS[name] }),
  );
}
