// The database: its partitions, how long things are kept, and what is slow in it.
import { h, fill } from './dom.js';
import { bytes, count, period, seconds, short, time, timeText, utc } from './format.js';
import { pairs, table } from './table.js';

export function store() {
  const facts = h('div', {});
  const slices = table('Partitions', SLICES, { blank: 4 });
  const slow = table('Statements that run long', SLOW, { blank: 1 });
  const none = h('p', { class: 'muted nothing' }, '');
  const upkeep = h('div', {});
  return {
    element: h('div', { class: 'content' },
      h('div', { class: 'columns' },
        h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, 'Store')), facts),
        h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, 'Upkeep')), upkeep)),
      h('section', { class: 'card' },
        h('div', { class: 'card-head' }, h('h2', {}, 'Slow statements'), h('span', { class: 'muted' }, 'Running now, in this database')),
        slow.element, none),
      h('section', { class: 'card' },
        h('div', { class: 'card-head' }, h('h2', {}, 'Partitions'), h('span', { class: 'muted' }, 'Rows are estimates')),
        slices.element)),
    show(found) {
      const state = found.store ?? {};
      const problems = [state.problem, state.schema_problem].filter(Boolean);
      fill(facts,
        problems.map((each) => h('div', { class: 'banner bad', role: 'status' }, h('div', {}, each))),
        factsOf(found, state),
        (state.unseen ?? []).map((each) => h('p', { class: 'hint' }, each)));
      fill(upkeep, upkeepOf(found));
      slices.show([...(state.slices ?? [])].sort((a, b) => a.table.localeCompare(b.table) || String(b.from).localeCompare(String(a.from))));
      slow.show(state.slow ?? []);
      slow.element.hidden = (state.slow ?? []).length === 0;
      fill(none, state.slow && state.slow.length === 0 ? 'None.' : !state.slow && 'Unknown.');
    },
  };
}

function factsOf(found, state) {
  const replica = found.replica;
  return pairs([
    ['Version of the schema', known(state.schema_version, count)],
    ['Size', known(state.bytes, bytes)],
    ['Rows outside of all partitions', rowsOutside(state.default_rows)],
    ['Sums by the day are behind by', known(state.rollup_lag_seconds, (lag) => (Number(lag) === 0 ? 'nothing' : seconds(lag)))],
    ['Read replica', !replica ? 'none' : replica.problem ?? known(replica.lag_seconds, (lag) => `${seconds(lag)} behind`)],
  ]);
}

function rowsOutside(rows) {
  return h('span', { class: Number(rows ?? 0) > 0 && 'warn-text' }, known(rows, count));
}

function known(value, format) {
  return value === null || value === undefined ? h('span', { class: 'muted' }, 'unknown') : format(value);
}

function upkeepOf(found) {
  const round = found.maintenance;
  const kept = found.retention ?? {};
  return pairs([
    ['Rows are kept', period(kept.rows)],
    ['Contents and dead letters', period(kept.contents)],
    ['Sums by the hour', period(kept.rollup)],
    ['Last round', round?.at ? [time(round.at), round.elsewhere ? ' by another process' : ''] : 'none yet'],
    ['Went', round ? (round.failure ? h('span', { class: 'bad-text break' }, round.failure) : (round.stuck ?? []).length > 0 ? stuck(round.stuck) : 'well') : '–'],
    (round?.dropped ?? []).length > 0 && ['Dropped', h('span', { class: 'break' }, round.dropped.join(', '))],
  ]);
}

function stuck(reasons) {
  return h('ul', { class: 'bad-text break' }, reasons.map((each) => h('li', {}, String(each))));
}

const SLICES = [
  { name: 'Table', cell: (row) => row.table },
  { name: 'Partition', rowHead: true, cell: (row) => h('code', { class: 'cut' }, row.name) },
  { name: 'From', wide: true, cell: (row) => bound(row.from) },
  { name: 'To, not included', wide: true, cell: (row) => bound(row.to) },
  { name: 'Rows', number: true, cell: (row) => (Number(row.estimated_rows) < 0 ? '–' : `~${short(row.estimated_rows)}`) },
  { name: 'Size', number: true, cell: (row) => bytes(row.bytes) },
];

/** Bounds are midnights in UTC, so they are shown as such. */
function bound(value) {
  return Number.isNaN(Date.parse(value)) ? String(value ?? '–') : h('time', { datetime: value, title: utc(value) }, timeText(value, 'date', true));
}

const SLOW = [
  { name: 'Runs for', number: true, cell: (row) => seconds(row.running_seconds) },
  { name: 'State', cell: (row) => row.state },
  { name: 'Application', wide: true, cell: (row) => h('span', { class: 'cut' }, row.application ?? '') },
  { name: 'Statement', rowHead: true, cell: (row) => h('code', { class: 'break' }, row.text) },
];
