// The filters that overview, companies and calls share: chips of what is set, and a box to add one.
import { get } from './api.js';
import { h, button, fill, icon } from './dom.js';
import { count } from './format.js';
import { popover } from './popover.js';
import { usageParameters } from './range.js';
import { DIMENSIONS, current, go, isFiltered, noFilters, withFilter, withoutFilter } from './state.js';

const WITHOUT = {
  model: 'no model', company: 'no company', action: 'no action', provider: 'no provider',
  environment: 'no environment',
};

/** A value of a dimension as it is shown; null and empty text stand for calls without one. */
export function valueName(dimension, value) {
  return value === null || value === undefined || value === '' ? WITHOUT[dimension] : String(value);
}

/** What a filter wants for a value of an answer. */
export function filterValue(value) {
  return value === null || value === undefined ? '' : String(value);
}

export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** The button that adds a filter, with its box. */
export function filterButton() {
  const trigger = h('button', { type: 'button', class: 'button', data: { key: '/' } }, icon('filter'), 'Filter');
  const pop = popover(trigger, 'Add a filter', () => form(() => pop.close()));
  return { element: h('div', { class: 'picker' }, trigger, pop.element), open: () => pop.open() };
}

function form(done) {
  const dimension = h('select', { id: 'filter-by' },
    DIMENSIONS.map((each) => h('option', { value: each }, capital(each))));
  const free = DIMENSIONS.find((each) => current()[each].length === 0);
  dimension.value = free ?? DIMENSIONS[0];
  const value = h('input', {
    id: 'filter-value', type: 'text', maxlength: 200, placeholder: 'its exact value', autocomplete: 'off', spellcheck: 'false',
  });
  const found = h('ul', { class: 'found', 'aria-label': 'Values in this range' });
  const set = (text) => {
    done();
    go(withFilter(dimension.value, text));
  };
  const suggest = () => suggestions(dimension.value, found, set);
  dimension.addEventListener('change', suggest);
  value.addEventListener('input', () => narrow(found, value.value));
  suggest();
  const submit = (event) => {
    event.preventDefault();
    if (value.value.trim()) {
      set(value.value.trim());
    }
  };
  return h('form', { class: 'form', on: { submit } },
    h('label', { for: 'filter-by' }, 'Only calls with this'), dimension,
    h('label', { for: 'filter-value' }, 'Value'), value,
    found,
    h('button', { type: 'submit', class: 'button primary' }, icon('check'), 'Add'));
}

async function suggestions(dimension, list, set) {
  fill(list, h('li', { class: 'muted' }, 'Looking …'));
  const state = current();
  try {
    const parameters = { ...usageParameters(state), by: dimension, [dimension]: [] };
    const answer = await get('/api/overview', parameters);
    const groups = answer.groups.filter((group) => !group.other && !state[dimension].includes(filterValue(group.key)));
    fill(list, groups.map((group) => h('li', {},
      h('button', { type: 'button', class: 'found-value', on: { click: () => set(filterValue(group.key)) } },
        h('span', {}, valueName(dimension, group.key)),
        h('span', { class: 'muted' }, count(group.figures.calls))))));
    if (groups.length === 0) {
      fill(list, h('li', { class: 'muted' }, 'Nothing else in this range.'));
    }
  } catch (error) {
    // The value can be typed all the same.
    fill(list, h('li', { class: 'muted' }, error.message));
  }
}

function narrow(list, text) {
  const wanted = text.trim().toLowerCase();
  list.querySelectorAll('li').forEach((item) => {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  });
}

/** Shows the filters that are set, each with a button that takes it away. */
export function showChips(place, state) {
  const chips = DIMENSIONS.flatMap((dimension) =>
    state[dimension].map((value) => chip(dimension, valueName(dimension, value), () => go(withoutFilter(dimension, value)))));
  fill(place, chips, isFiltered(state) && chips.length > 1 && clearButton());
  place.hidden = chips.length === 0;
}

export function chip(name, value, remove) {
  return h('span', { class: 'chip', data: { chip: name } },
    h('span', { class: 'chip-name' }, capital(name)),
    h('span', { class: 'chip-value' }, value),
    h('button', { type: 'button', class: 'chip-off', 'aria-label': `Remove the filter ${name} ${value}`, on: { click: remove } },
      icon('close')));
}

export function clearButton() {
  return button('Clear filters', () => go(noFilters()), { class: 'button quiet' });
}
