// What is shown stands in the address, all of it: a link can be shared, and "back" goes back.

export const PAGES = ['overview', 'companies', 'calls', 'pipeline'];
export const DIMENSIONS = ['model', 'company', 'action', 'provider', 'environment'];
export const MEASURES = ['cost', 'calls', 'tokens', 'errors'];
export const RANGES = ['1h', '24h', '7d', '30d', '12m'];

const SHARED = ['range', 'from', 'to', ...DIMENSIONS];
const OWN = {
  overview: ['by', 'measure'],
  companies: ['sort', 'order', 'search'],
  calls: ['error', 'session', 'trace', 'user', 'cursor', 'call', 'at'],
  pipeline: ['reason', 'after'],
};
const ALLOWED = {
  range: [...RANGES, 'custom'],
  by: DIMENSIONS,
  measure: MEASURES,
  sort: ['cost', 'calls', 'tokens', 'errors', 'trend'],
  order: ['desc', 'asc'],
};
const UNLESS_SAID = { range: '24h', by: 'model', measure: 'cost', sort: 'cost', order: 'desc' };

const listeners = [];
let state = parse(location.search);

function parse(search) {
  const given = new URLSearchParams(search);
  const read = { page: PAGES.includes(given.get('page')) ? given.get('page') : PAGES[0] };
  for (const key of [...SHARED, ...OWN[read.page]]) {
    if (DIMENSIONS.includes(key)) {
      read[key] = [...new Set(given.getAll(key))];
      continue;
    }
    const value = given.get(key) ?? '';
    const known = value && (!ALLOWED[key] || ALLOWED[key].includes(value));
    read[key] = known ? value : UNLESS_SAID[key] ?? '';
  }
  const custom = !Number.isNaN(Date.parse(read.from)) && Date.parse(read.from) < Date.parse(read.to);
  if (!custom) {
    read.from = '';
    read.to = '';
  }
  if (custom || read.range === 'custom') {
    read.range = custom ? 'custom' : UNLESS_SAID.range;
  }
  return Object.freeze(read);
}

/** The query of a state; what is as unless said is left out. */
export function query(of) {
  const search = new URLSearchParams();
  if (of.page !== PAGES[0]) {
    search.set('page', of.page);
  }
  for (const key of [...SHARED, ...OWN[of.page]]) {
    const values = DIMENSIONS.includes(key) ? of[key] ?? [] : [of[key] ?? ''];
    for (const value of values) {
      const unsaid = !DIMENSIONS.includes(key) && (value === '' || value === UNLESS_SAID[key]);
      if (!unsaid && !(key === 'range' && value === 'custom')) {
        search.append(key, value);
      }
    }
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

/** The state after a change; another page keeps range and filters alone. */
export function changed(change) {
  if (change.page && change.page !== state.page) {
    const kept = Object.fromEntries(SHARED.map((key) => [key, state[key]]));
    return parse(query({ ...kept, ...change }));
  }
  const next = { ...state, ...change };
  const moved = Object.keys(change).some((key) => !['call', 'at', 'cursor', 'after'].includes(key));
  if (moved) {
    // A cursor is a place in one list alone.
    Object.assign(next, { cursor: '', after: '', call: '', at: '', ...pick(change, 'call', 'at') });
  }
  return parse(query(next));
}

function pick(from, ...keys) {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]]));
}

export function current() {
  return state;
}

/** Goes to a changed state, as a step that "back" undoes, or in place of the present one. */
export function go(change, { replace = false, step = null } = {}) {
  state = changed(change);
  const address = `/${query(state)}`;
  if (replace) {
    history.replaceState(history.state, '', address);
  } else if (address !== location.pathname + location.search) {
    history.pushState(step, '', address);
  }
  tell();
}

export function onChange(listener) {
  listeners.push(listener);
}

/** Tells all who listen, also when nothing changed: then it means to look again. */
export function tell() {
  listeners.forEach((listener) => listener(state));
}

/** Adds a value to a filter; empty text stands for calls without one. */
export function withFilter(dimension, value) {
  return { [dimension]: [...new Set([...state[dimension], value])] };
}

export function withoutFilter(dimension, value) {
  return { [dimension]: state[dimension].filter((other) => other !== value) };
}

export function noFilters() {
  return Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, []]));
}

export function isFiltered(of = state) {
  return DIMENSIONS.some((dimension) => of[dimension].length > 0);
}

addEventListener('popstate', () => {
  state = parse(location.search);
  tell();
});
