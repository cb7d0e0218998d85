// What each company costs.
import { address, get } from './api.js';
import { h, button, fill, icon, link } from './dom.js';
import { box, emptyCalls } from './empty.js';
import { filterValue, valueName } from './filters.js';
import { MANY_ERRORS, count, errorRate, exactMoney, money, percent, plural, short, signed } from './format.js';
import { Loader } from './loader.js';
import { origin } from './origin.js';
import { beforeName, usageParameters } from './range.js';
import { shareBar, sparkline } from './spark.js';
import { current, go } from './state.js';
import { table } from './table.js';

const FIRST = 100;
const MOST = 1000;

export function mount(root) {
  let limit = FIRST;
  let typing = 0;
  const search = h('input', {
    type: 'search', id: 'search', class: 'search', placeholder: 'Search company', maxlength: 100,
    autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Search company', data: { key: '/' },
  });
  search.addEventListener('input', () => {
    clearTimeout(typing);
    // One question when the viewer stops typing, and one step of "back" for all of it.
    typing = setTimeout(() => go({ search: search.value.trim() }, { replace: true }), 250);
  });
  const csv = h('span', {});
  const said = h('span', { class: 'muted', role: 'status' });
  const rows = table('Companies', columns(), { sort, blank: 12 });
  const more = h('div', { class: 'more' });
  const foot = origin();
  const card = h('section', { class: 'card' },
    h('div', { class: 'card-head' }, search, said, h('span', { class: 'grow' }), csv), rows.element, more);
  const empty = h('div', {});
  const region = h('div', {}, h('div', { class: 'content' }, card, empty, foot.element));
  root.append(region);
  const loader = new Loader(region);

  function sort(key) {
    const { sort: by, order } = current();
    go({ sort: key, order: key === by && order === 'desc' ? 'asc' : 'desc' });
  }

  function question(state) {
    return { ...usageParameters(state), sort: state.sort, order: state.order, search: state.search };
  }

  function show(found, state) {
    const n = found.companies.length;
    rows.show(found.companies, found.total.calls > 0 && found);
    fill(said, n < limit ? plural(n, 'company', 'companies') : `the first ${count(n)}`);
    fill(empty, n === 0 && (state.search
      ? box('No company matches.', `None of this time has “${state.search}” in its name.`)
      : emptyCalls(state)));
    card.classList.toggle('bare', n === 0);
    fill(more, n >= limit && limit < MOST && button(`Show up to ${count(MOST)}`, () => {
      limit = MOST;
      load(state);
    }));
    foot.show(found.origin);
  }

  function load(state) {
    loader.run(
      (signal) => get('/api/companies', { ...question(state), limit }, signal),
      (found) => show(found, state),
    );
  }

  return {
    update(state) {
      if (search !== document.activeElement) {
        search.value = state.search;
      }
      rows.sorted(state.sort, state.order);
      fill(csv, link('/api/companies.csv', address('', { ...question(state), limit: MOST }), { class: 'button', download: 'companies.csv', title: 'All of them, as a file for spreadsheets' },
        icon('down'), 'CSV'));
      load(state);
    },
    unmount() {
      clearTimeout(typing);
      loader.stop();
    },
  };
}

function columns() {
  return [
    { name: 'Company', rowHead: true, cell: (row) => name(row.company), total: () => 'All' },
    {
      name: 'Cost', key: 'cost', number: true, cell: ({ figures }) => cost(figures), total: ({ total }) => cost(total),
    },
    {
      name: 'Share', number: true, hint: 'Share of the known cost', className: 'share-column',
      cell: ({ share }) => h('span', { class: 'share-cell' }, shareBar(share),
        h('span', { class: 'share-text' }, share === null || share === undefined ? '–' : percent(share))),
    },
    {
      name: 'Trend', key: 'trend', wide: true, hint: 'Cost over the range; sorted by its change against the range before',
      cell: (row) => trend(row),
    },
    { name: 'Change', number: true, hint: 'Against the range before', cell: (row) => difference(row.change, row.figures) },
    {
      name: 'Calls', key: 'calls', number: true,
      cell: ({ figures }) => count(figures.calls), total: ({ total }) => count(total.calls),
    },
    {
      name: 'Tokens', key: 'tokens', number: true, wide: true,
      cell: ({ figures }) => tokens(figures), total: ({ total }) => tokens(total),
    },
    {
      name: 'Errors', key: 'errors', number: true, wide: true,
      cell: ({ figures }) => errors(figures), total: ({ total }) => errors(total),
    },
    { name: 'Calls', head: h('span', { class: 'sr' }, 'Calls'), wide: true, cell: (row) => toCalls(row.company) },
  ];
}

function name(company) {
  const text = valueName('company', company);
  return h('button', {
    type: 'button', class: 'plain', title: `The overview of ${text}`,
    on: { click: () => go({ page: 'overview', company: [filterValue(company)] }) },
  }, h('span', { class: 'cut' }, text));
}

function toCalls(company) {
  return button('Calls', () => go({ page: 'calls', company: [filterValue(company)] }),
    { class: 'button quiet small', 'aria-label': `Calls of ${valueName('company', company)}` });
}

function cost(figures) {
  const unknown = figures.calls_cost_unknown > 0 && figures.cost_usd !== null
    ? `; not known of ${plural(figures.calls_cost_unknown, 'call', 'calls')}` : '';
  return h('span', { title: exactMoney(figures.cost_usd) + unknown, class: figures.cost_usd === null && 'muted' },
    money(figures.cost_usd), unknown && h('span', { class: 'muted', 'aria-label': unknown }, ' +?'));
}

function trend(row) {
  const values = (row.trend ?? []).map((each) => (each.cost_usd === null ? null : Number(each.cost_usd)));
  const known = values.filter((value) => value !== null);
  const most = known.length > 0 ? `Cost over the range, at most ${money(Math.max(...known))} at a time` : 'Cost unknown';
  return sparkline(values, most);
}

function difference(share, figures) {
  if (figures.cost_usd === null) {
    return h('span', { class: 'muted', title: 'the cost is unknown' }, '–');
  }
  if (share === null || share === undefined) {
    return h('span', { class: 'muted', title: 'nothing before to compare with' }, 'new');
  }
  const state = share > 0.0005 ? ['bad', '▲ '] : share < -0.0005 ? ['good', '▼ '] : ['same', '= '];
  return h('span', { class: `delta ${state[0]}`, title: `against ${beforeName(current())}` },
    h('span', { 'aria-hidden': 'true' }, state[1]), signed(share));
}

function tokens(figures) {
  const sum = BigInt(figures.tokens_input) + BigInt(figures.tokens_output);
  return h('span', { title: `${count(figures.tokens_input)} in, ${count(figures.tokens_output)} out` }, short(sum));
}

function errors(figures) {
  const share = errorRate(figures);
  return h('span', { class: share >= MANY_ERRORS ? 'bad-text' : figures.errors === 0 && 'muted', title: plural(figures.errors, 'error', 'errors') },
    share === null ? '–' : percent(share));
}
