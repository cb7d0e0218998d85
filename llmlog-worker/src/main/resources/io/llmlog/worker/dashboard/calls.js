// The newest calls, page by page; one of them in full beside them.
import { get } from './api.js';
import { callDrawer } from './call.js';
import { h, button, fill } from './dom.js';
import { emptyCalls } from './empty.js';
import { chip, valueName } from './filters.js';
import { exactMoney, count, milliseconds, money, time, timeText } from './format.js';
import { Loader } from './loader.js';
import { outcome } from './outcome.js';
import { usageParameters } from './range.js';
import { go } from './state.js';
import { table } from './table.js';

const PAGE = 50;

const TEXTS = [
  { key: 'session', name: 'Session' }, { key: 'trace', name: 'Trace' }, { key: 'user', name: 'User' },
];

export function mount(root) {
  const form = filterForm();
  const chips = h('div', { class: 'chips' });
  const rows = table('Calls, newest first', columns(), { row: rowAttributes, blank: 15 });
  const pager = h('nav', { class: 'pager', 'aria-label': 'Pages of calls' });
  const card = h('section', { class: 'card' }, form.element, rows.element, pager);
  const empty = h('div', {});
  const region = h('div', {}, h('div', { class: 'content' }, chips, card, empty));
  root.append(region);
  const loader = new Loader(region);
  const drawer = callDrawer();
  let asked = null;
  let open = null;

  function show(found, state) {
    const none = found.calls.length === 0;
    rows.show(found.calls);
    fill(empty, none && emptyCalls(state, own(state)));
    card.classList.toggle('bare', none);
    fill(pager,
      state.cursor && button('Newest', () => go({ cursor: '', call: '', at: '' }), {}),
      history.state?.paged && button('Newer', () => history.back(), {}),
      h('span', { class: 'grow' }),
      found.next && button('Older', () => go({ cursor: found.next, call: '', at: '' }, { step: { paged: true } }),
        { data: { pager: 'older' } }));
    if (state.cursor && !none) {
      root.scrollIntoView({ block: 'start' });
    }
  }

  return {
    update(state) {
      form.show(state);
      showOwnChips(chips, state);
      const { call, at, ...list } = state;
      const question = JSON.stringify(list);
      // Opening and closing a call leaves the list as it is.
      if (question !== asked || call === open) {
        asked = question;
        const parameters = {
          ...usageParameters(state), error: state.error,
          session: state.session, trace: state.trace, user: state.user, cursor: state.cursor, limit: PAGE,
        };
        loader.run((signal) => get('/api/calls', parameters, signal), (found) => show(found, state));
      }
      open = call;
      drawer.show(call, at);
    },
    unmount() {
      loader.stop();
      drawer.remove();
    },
  };
}

function own(state) {
  return Boolean(state.error || state.session || state.trace || state.user || state.cursor);
}

function filterForm() {
  const inputs = TEXTS.map(({ key, name }) => h('input', {
    type: 'search', name: key, id: `calls-${key}`, maxlength: 200, placeholder: name, autocomplete: 'off', spellcheck: 'false',
    'aria-label': `Only calls of this ${name.toLowerCase()}`,
  }));
  const error = h('select', { name: 'error', id: 'calls-error', 'aria-label': 'Only calls with this outcome' },
    h('option', { value: '' }, 'All outcomes'), h('option', { value: 'any' }, 'Failed'), h('option', { value: 'none' }, 'Succeeded'));
  const apply = () => go(Object.fromEntries(TEXTS.map(({ key }, i) => [key, inputs[i].value.trim()])));
  error.addEventListener('change', () => go({ error: error.value }));
  // Leaving a field, its cross and Enter alike.
  inputs.forEach((input) => input.addEventListener('change', apply));
  const submit = (event) => {
    event.preventDefault();
    apply();
  };
  return {
    element: h('form', { class: 'card-head', on: { submit } }, error, inputs,
      h('button', { type: 'submit', class: 'sr' }, 'Apply')),
    show(state) {
      const special = state.error && !['any', 'none'].includes(state.error);
      error.querySelector('option.own')?.remove();
      if (special) {
        error.append(h('option', { class: 'own', value: state.error }, `Error: ${state.error}`));
      }
      error.value = state.error;
      TEXTS.forEach(({ key }, i) => {
        inputs[i].value = state[key];
      });
    },
  };
}

function showOwnChips(place, state) {
  const set = TEXTS.filter(({ key }) => state[key]);
  const special = state.error && !['any', 'none'].includes(state.error);
  fill(place,
    special && chip('error', state.error, () => go({ error: '' })),
    set.map(({ key }) => chip(key, state[key], () => go({ [key]: '' }))));
  place.hidden = set.length === 0 && !special;
}

function rowAttributes(call) {
  const open = () => go({ call: call.event_id, at: call.created_at });
  return {
    class: 'opens',
    data: { call: call.event_id },
    on: {
      click: (event) => {
        // A click that marks text, or on the button inside, is no click on the row.
        if (!event.target.closest('button') && String(getSelection()) === '') {
          open();
        }
      },
    },
  };
}

function columns() {
  return [
    {
      name: 'Time', className: 'tight',
      cell: (call) => h('span', { class: 'two' }, time(call.created_at, 'clockSecond'),
        h('span', { class: 'muted' }, timeText(call.created_at, 'day'))),
    },
    { name: 'Action', rowHead: true, cell: opener },
    { name: 'Company', wide: true, cell: (call) => text(call.company_id) },
    { name: 'Model', wide: true, cell: (call) => h('span', { class: 'two' }, h('span', { class: 'cut' }, call.model ?? '–'), h('span', { class: 'cut muted' }, call.provider ?? '')) },
    {
      name: 'Tokens', number: true, wide: true, hint: 'In and out',
      cell: (call) => `${call.tokens_input === null ? '–' : count(call.tokens_input)} / ${call.tokens_output === null ? '–' : count(call.tokens_output)}`,
    },
    {
      name: 'Cost', number: true,
      cell: (call) => h('span', { title: exactMoney(call.cost_usd), class: call.cost_usd === null && 'muted' }, money(call.cost_usd)),
    },
    { name: 'Latency', number: true, wide: true, cell: (call) => (call.latency_ms === null ? '–' : milliseconds(call.latency_ms)) },
    { name: 'Outcome', cell: outcome },
  ];
}

function opener(call) {
  return h('button', {
    type: 'button', class: 'plain', title: 'All of this call',
    on: { click: () => go({ call: call.event_id, at: call.created_at }) },
  }, h('span', { class: 'two' }, h('span', { class: 'cut' }, call.action), h('span', { class: 'cut muted narrow' }, call.model ?? '')));
}

function text(value) {
  return value === null || value === undefined ? h('span', { class: 'muted' }, '–') : h('span', { class: 'cut' }, valueName('company', value));
}
