// The range of time that is looked at, and the one before it.
import { h, button, fill, icon } from './dom.js';
import { popover } from './popover.js';
import { DIMENSIONS, RANGES, go } from './state.js';
import { timeText, utc } from './format.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NAMES = { '1h': '1 h', '24h': '24 h', '7d': '7 d', '30d': '30 d', '12m': '12 mo' };
const TITLES = {
  '1h': 'The last whole hour and the present one', '24h': 'The last 24 hours', '7d': 'The last 7 days', '30d': 'The last 30 days', '12m': 'The last 12 months',
};
const BEFORE = {
  '1h': 'the two hours before', '24h': 'the day before', '7d': 'the 7 days before', '30d': 'the 30 days before',
  '12m': 'the 12 months before', custom: 'as long a time before',
};

const floor = (time, step) => Math.floor(time / step) * step;
const ceil = (time, step) => Math.ceil(time / step) * step;

/**
 * First moment and first one after. Whole hours, and days in UTC for long ranges: of such the store
 * keeps sums, which answer at once, and the same question asked twice is the same question.
 */
export function bounds(state, now = Date.now()) {
  const end = ceil(now + 1, HOUR);
  switch (state.range) {
    case 'custom':
      return { from: floor(Date.parse(state.from), HOUR), to: ceil(Date.parse(state.to), HOUR) };
    case '1h':
      return { from: floor(now, HOUR) - HOUR, to: end };
    case '7d':
      return { from: floor(now, DAY) - 6 * DAY, to: end };
    case '30d':
      return { from: floor(now, DAY) - 29 * DAY, to: end };
    case '12m':
      return { from: floor(now, DAY) - 364 * DAY, to: end };
    default:
      return { from: end - DAY, to: end };
  }
}

/** What every question about usage says. */
export function usageParameters(state) {
  const { from, to } = bounds(state);
  const parameters = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  DIMENSIONS.forEach((dimension) => {
    parameters[dimension] = state[dimension];
  });
  return parameters;
}

export function beforeName(state) {
  return BEFORE[state.range];
}

/** The buttons of the ranges, and the form of one's own. */
export function rangePicker() {
  const presets = RANGES.map((range) =>
    button(NAMES[range], () => go({ range, from: '', to: '' }), { class: 'segment', title: TITLES[range], data: { range } }));
  const custom = h('button', { type: 'button', class: 'segment', data: { range: 'custom' } }, 'Custom');
  const group = h('div', { class: 'segments', role: 'group', 'aria-label': 'Range of time' }, presets, custom);
  let state = null;
  const pop = popover(custom, 'A range of your own', () => form(state, () => pop.close()));
  return {
    element: h('div', { class: 'picker ranges' }, group, pop.element),
    show(next) {
      state = next;
      [...presets, custom].forEach((each) => {
        each.setAttribute('aria-pressed', String(each.dataset.range === next.range));
      });
    },
  };
}

/** The range in words, in the viewer's zone. */
export function rangeText(state) {
  const { from, to } = bounds(state);
  return h('span', { title: `${utc(from)} to ${utc(to)}` }, label(from, to));
}

function label(from, to) {
  const style = (to - from) % DAY === 0 && new Date(from).getHours() === 0 ? 'date' : 'minute';
  const last = style === 'date' ? to - 1 : to;
  return `${timeText(from, style)} – ${timeText(last, style)}`;
}

function form(state, done) {
  const { from, to } = bounds(state);
  const first = h('input', { type: 'datetime-local', id: 'range-from', value: local(from), step: 3600, max: '9999-12-31T23:59' });
  const last = h('input', { type: 'datetime-local', id: 'range-to', value: local(to), step: 3600, max: '9999-12-31T23:59' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const submit = (event) => {
    event.preventDefault();
    const start = Date.parse(first.value);
    const end = Date.parse(last.value);
    if (Number.isNaN(start) || Number.isNaN(end)) {
      fill(problem, 'Both ends are needed.');
    } else if (start >= end) {
      fill(problem, 'The range must end after it begins.');
    } else {
      done();
      go({ range: 'custom', from: new Date(start).toISOString(), to: new Date(end).toISOString() });
    }
  };
  return h('form', { class: 'form', on: { submit } },
    h('label', { for: 'range-from' }, 'From'), first,
    h('label', { for: 'range-to' }, 'To, not included'), last,
    h('p', { class: 'hint' }, 'Whole hours, in your zone.'),
    problem,
    h('button', { type: 'submit', class: 'button primary' }, icon('check'), 'Show'));
}

/** As the field wants it: in the viewer's zone, without one. */
function local(time) {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
