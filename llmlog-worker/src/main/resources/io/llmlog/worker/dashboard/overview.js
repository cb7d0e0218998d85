// What it cost, how much of it there was, and how well it went; by one dimension over time.
import { get } from './api.js';
import { StackedBars, seriesClass } from './charts.js';
import { h, button, fill } from './dom.js';
import { emptyCalls } from './empty.js';
import { capital, filterValue, valueName } from './filters.js';
import { MANY_ERRORS, count, errorRate, exactMoney, money, percent, short, shortMoney, timeText } from './format.js';
import { kpis } from './kpis.js';
import { Loader } from './loader.js';
import { origin } from './origin.js';
import { beforeName, usageParameters } from './range.js';
import { slotsOf } from './slots.js';
import { shareBar } from './spark.js';
import { DIMENSIONS, MEASURES, current, go, withFilter } from './state.js';
import { table } from './table.js';

const OTHER = 'All others';

const VALUE = {
  cost: (figures) => (figures.cost_usd === null ? null : Number(figures.cost_usd)),
  calls: (figures) => figures.calls,
  tokens: (figures) => Number(figures.tokens_input) + Number(figures.tokens_output),
  errors: (figures) => figures.errors,
};
const UNIT = {
  cost: money,
  calls: (value) => `${count(value)} calls`,
  tokens: (value) => `${short(value)} tokens`,
  errors: (value) => `${count(value)} errors`,
};
const AXIS = { cost: shortMoney, calls: short, tokens: short, errors: short };
const TITLE = { cost: 'Cost', calls: 'Calls', tokens: 'Tokens', errors: 'Errors' };

export function mount(root) {
  let answer = null;
  const figures = kpis();
  const measures = segments('Figure', MEASURES, TITLE, (measure) => go({ measure }));
  const dimensions = segments('Grouped by', DIMENSIONS, null, (by) => go({ by }));
  const title = h('h2', {}, 'Cost by model');
  const canvas = h('canvas', { role: 'img', 'aria-label': 'Chart' });
  const bars = new StackedBars(canvas, (index) => drill(answer.groups[index]));
  const legend = legendTable(() => answer);
  const foot = origin();
  const chart = h('section', { class: 'card' },
    h('div', { class: 'card-head' }, title, measures.element, dimensions.element),
    h('div', { class: 'chart tall' }, canvas),
    h('p', { class: 'hint' }, 'A click on a bar or on a name shows that one alone.'),
    legend.element);
  const content = h('div', { class: 'content' }, figures.element, chart, foot.element);
  const empty = h('div', {});
  const region = h('div', {}, content, empty);
  root.append(region);
  const loader = new Loader(region);

  function drill(group) {
    if (group && !group.other) {
      const { by } = current();
      const filter = withFilter(by, filterValue(group.key));
      // One value of the dimension is left: the next one says more.
      const next = DIMENSIONS.find((each) => each !== by && current()[each].length === 0);
      go({ ...filter, by: next ?? by });
    }
  }

  function show(found, state) {
    answer = found;
    const none = found.total.calls === 0;
    content.hidden = none && found.before.calls === 0;
    fill(empty, content.hidden && emptyCalls(state));
    figures.show(found.total, found.before, beforeName(state));
    foot.show(found.origin);
    draw(found, state);
  }

  function draw(found, state) {
    const { by, measure } = state;
    const slots = slotsOf(found);
    const named = `${TITLE[measure]} by ${by}`;
    fill(title, named);
    canvas.setAttribute('aria-label', described(named, found, measure, by, slots));
    bars.show({
      slots,
      unit: UNIT[measure],
      axisUnit: AXIS[measure],
      groups: found.groups.map((group, i) => ({
        label: groupName(by, group),
        other: group.other === true,
        fixed: group.other === true,
        values: slots.map((slot) => valueAt(slot, i, measure)),
      })),
    });
    legend.show(found, by, drill);
  }

  return {
    update(state) {
      measures.show(state.measure);
      dimensions.show(state.by);
      loader.run(
        (signal) => get('/api/overview', { ...usageParameters(state), by: state.by }, signal),
        (found) => show(found, state),
      );
    },
    unmount() {
      loader.stop();
      bars.destroy();
    },
  };
}

function valueAt(slot, index, measure) {
  const group = slot.groups?.[index];
  return group ? VALUE[measure](group.figures) : 0;
}

function groupName(by, group) {
  return group.other ? OTHER : valueName(by, group.key);
}

/** What the chart says, in words; the figures of each group stand in the table below it. */
function described(named, found, measure, by, slots) {
  const sums = slots.map((slot) =>
    found.groups.reduce((sum, group, i) => sum + (valueAt(slot, i, measure) ?? 0), 0));
  const most = sums.indexOf(Math.max(...sums));
  const peak = sums[most] > 0 ? ` The most is ${UNIT[measure](sums[most])}, ${slots[most].title}.` : '';
  const first = found.groups[0] ? ` First is ${groupName(by, found.groups[0])}.` : '';
  const range = `${timeText(found.from, 'minute')} to ${timeText(found.to, 'minute')}`;
  return `${named}, ${range}, by ${found.step}.${first}${peak} The table below has the figures of each.`;
}

function segments(name, values, titles, choose) {
  const buttons = values.map((value) =>
    button(titles ? titles[value] : capital(value), () => choose(value), { class: 'segment', data: { value } }));
  return {
    element: h('div', { class: 'segments', role: 'group', 'aria-label': name }, buttons),
    show(value) {
      buttons.forEach((each) => each.setAttribute('aria-pressed', String(each.dataset.value === value)));
    },
  };
}

function legendTable(answer) {
  let by = 'model';
  let drill = () => {};
  const share = (figures) => {
    const all = answer().total.cost_usd;
    return figures.cost_usd === null || Number(all ?? 0) === 0 ? null : Number(figures.cost_usd) / Number(all);
  };
  const shown = ({ cost_usd: cost }) =>
    h('span', { title: exactMoney(cost), class: cost === null && 'muted' }, money(cost));
  const columns = [
    { name: 'Group', rowHead: true, cell: (group) => groupCell(group), total: () => 'All' },
    { name: 'Cost', number: true, cell: (group) => shown(group.figures), total: shown },
    {
      name: 'Share', number: true, wide: true, hint: 'Share of the known cost',
      cell: ({ figures }) => h('span', { class: 'share-cell' }, shareBar(share(figures)),
        h('span', { class: 'share-text' }, share(figures) === null ? '–' : percent(share(figures)))),
    },
    { name: 'Calls', number: true, cell: ({ figures }) => count(figures.calls), total: (all) => count(all.calls) },
    {
      name: 'Tokens in', number: true, wide: true,
      cell: ({ figures }) => tokens(figures.tokens_input), total: (all) => tokens(all.tokens_input),
    },
    {
      name: 'Tokens out', number: true, wide: true,
      cell: ({ figures }) => tokens(figures.tokens_output), total: (all) => tokens(all.tokens_output),
    },
    { name: 'Errors', number: true, className: 'roomy', cell: ({ figures }) => rate(figures), total: rate },
  ];
  const rows = table('Figures of each group', columns, { blank: 6 });

  function groupCell(group) {
    const mark = h('span', { class: `swatch ${seriesClass(answer().groups.indexOf(group), group.other)}`, 'aria-hidden': 'true' });
    const name = groupName(by, group);
    if (group.other) {
      return h('span', { class: 'legend' }, mark, h('span', { class: 'cut' }, name));
    }
    return h('button', { type: 'button', class: 'legend', title: `Only ${by} ${name}`, on: { click: () => drill(group) } },
      mark, h('span', { class: 'cut' }, name));
  }

  return {
    element: rows.element,
    show(found, dimension, onDrill) {
      by = dimension;
      drill = onDrill;
      rows.show(found.groups, found.total);
    },
  };
}

function tokens(text) {
  return h('span', { title: `${count(text)} tokens` }, short(text));
}

function rate(figures) {
  const share = errorRate(figures);
  const text = share === null ? '–' : percent(share);
  return h('span', { class: share >= MANY_ERRORS ? 'bad-text' : figures.errors === 0 && 'muted', title: `${count(figures.errors)} errors` }, text);
}
