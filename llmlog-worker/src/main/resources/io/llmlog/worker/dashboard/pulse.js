// The state at a glance: alerts, checks, and the figures of queue, workers and store.
import { h, fill, icon } from './dom.js';
import { ago, count, milliseconds, plural, seconds, time } from './format.js';

/** The conditions that hold now, the same that Prometheus alerts on. */
export function alertList() {
  const element = h('section', { class: 'alerts', 'aria-label': 'Alerts' });
  return {
    element,
    show(alerts) {
      fill(element, alerts.length === 0
        ? h('div', { class: 'banner good' }, icon('check'), h('div', {}, h('strong', {}, 'No alerts. '), 'Nothing that needs a person is known.'))
        : alerts.map(alert));
    },
  };
}

function alert(each) {
  const critical = each.severity === 'critical';
  return h('div', { class: `banner ${critical ? 'bad' : 'warn'}`, data: { alert: each.name } }, icon('alert'),
    h('div', {},
      h('strong', {}, each.name), ' ', h('span', { class: `badge ${critical ? 'bad' : 'warn'}` }, each.severity),
      h('div', {}, each.summary),
      h('div', { class: 'muted' }, 'Since ', time(each.since), ` · what to do: docs/OPERATIONS.md#${String(each.runbook).replace(/^.*#/, '')}`)));
}

/** The checks of readiness, with what is wrong. */
export function healthList() {
  const list = h('ul', { class: 'checks' });
  return {
    element: h('section', { class: 'card' },
      h('div', { class: 'card-head' }, h('h2', {}, 'Health'), h('span', { class: 'muted' }, 'What /health/ready answers from')), list),
    show(checks) {
      fill(list, checks.map((check) =>
        h('li', { data: { check: check.name } },
          h('span', { class: `badge ${check.ok ? 'good' : 'bad'}` }, icon(check.ok ? 'check' : 'alert'), check.ok ? 'ok' : 'not ok'),
          h('strong', {}, check.name.replaceAll('_', ' ')),
          h('span', { class: 'muted break' }, check.reason ?? ''))));
    },
  };
}

const LEDGER = [
  ['claimed', 'taken from the queue'], ['adopted', 'taken over from a dead worker'], ['stored', 'new rows'],
  ['duplicate', 'had their row already'], ['dead', 'kept as dead letters'], ['released', 'left to the next worker at the stop'],
  ['fenced', 'another worker has them'], ['in_flight', 'in hand'],
];

export function tiles() {
  const all = ['Waiting', 'Oldest', 'Workers', 'Last write', 'Dead letters', 'Connections'].map((name) => tile(name));
  const [waiting, oldest, workers, write, dead, pool] = all;
  const ledger = h('dl', { class: 'ledger' });
  return {
    element: h('section', { class: 'kpis tiles', 'aria-label': 'Figures of now' }, all.map((each) => each.element)),
    ledger,
    show(found) {
      const queue = found.queue ?? {};
      waiting.show(known(queue.depth, count), queue.problem ?? 'messages in the queue', queue.problem && 'bad');
      oldest.show(queue.depth === 0 ? '–' : known(queue.oldest_age_seconds, seconds), queue.depth === 0 ? 'the queue is empty' : 'age of the first message');
      showWorkers(workers, found.workers ?? [], queue.problem);
      showWrite(write, found.write ?? {});
      const letters = found.store?.dead_letters;
      dead.show(known(letters, count), found.store?.problem ?? 'messages that can be no row', letters > 0 && 'warn');
      showPool(pool, found.pool);
      fill(ledger, found.worker && LEDGER.map(([key, title]) =>
        h('div', { title }, h('dt', {}, key.replace('_', ' ')), h('dd', {}, count(found.worker[key])))));
    },
  };
}

function known(value, format) {
  return value === null || value === undefined ? 'unknown' : format(value);
}

function tile(name) {
  const value = h('div', { class: 'kpi-value' }, '000');
  const more = h('div', { class: 'kpi-more' }, 'of now');
  const element = h('div', { class: 'card kpi', data: { tile: name } }, h('div', { class: 'kpi-head' }, h('h2', {}, name)), value, more);
  return {
    element,
    show(text, below, kind) {
      fill(value, text);
      fill(more, below);
      element.className = `card kpi ${kind || ''}`;
    },
  };
}

function showWorkers(place, workers, problem) {
  const alive = workers.filter((each) => each.alive);
  const paused = alive.filter((each) => each.paused).length;
  const expired = workers.length - alive.length;
  const more = [paused > 0 && `${count(paused)} paused`, expired > 0 && `${count(expired)} expired`].filter(Boolean).join(', ');
  place.show(problem ? 'unknown' : count(alive.length), more || 'threads with a living lease', !problem && alive.length === 0 && 'bad');
}

function showWrite(place, write) {
  place.show(write.last ? ago(write.last) : 'none yet', Number(write.recent ?? 0) === 0
    ? 'this worker wrote nothing within a minute'
    : `${milliseconds(write.mean_ms)} each within a minute, ${milliseconds(write.max_ms)} at most`);
}

function showPool(place, pool) {
  if (!pool) {
    place.show('–', 'none open');
    return;
  }
  const full = pool.active >= pool.max && pool.waiting > 0;
  place.show(`${count(pool.active)} of ${count(pool.max)}`,
    `${count(pool.idle)} idle, ${pool.waiting > 0 ? plural(pool.waiting, 'thread waits', 'threads wait') : 'none waits'}`, full && 'bad');
}
