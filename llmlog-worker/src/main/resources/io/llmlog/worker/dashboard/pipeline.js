// Whether calls arrive: queue, workers, store, what could not be stored, and what is wrong now.
import { get } from './api.js';
import { Line } from './charts.js';
import { h, button, fill, icon } from './dom.js';
import { milliseconds, plural, seconds, short, time, timeText, zoneName } from './format.js';
import { deadLetters } from './letters.js';
import { Loader } from './loader.js';
import { alertList, healthList, tiles } from './pulse.js';
import { store } from './store.js';
import { table } from './table.js';

const EVERY_MS = 10_000;

export function mount(root) {
  const alerts = alertList();
  const health = healthList();
  const top = tiles();
  const depth = chart('Queue depth', 'Messages that wait to be claimed', (value) => short(value), 10);
  const age = chart('Age of the oldest message', '0 where the queue is empty', seconds, 5);
  const writes = chart('Longest write', 'Of this worker within five seconds; 0 where nothing was written', milliseconds, 50);
  const workers = table('Workers and their leases', WORKERS, { blank: 2 });
  const loops = table('Loops of this worker', LOOPS, { blank: 2 });
  const letters = deadLetters();
  const kept = store();
  const refresher = refresh(() => load());
  const region = h('div', {}, h('div', { class: 'content' },
    h('div', { class: 'bar' }, refresher.element),
    alerts.element,
    top.element,
    h('div', { class: 'columns three' }, depth.element, age.element, writes.element),
    h('div', { class: 'columns' },
      card('Workers', 'Threads that hold a lease, of all processes', workers.element),
      card('This worker', 'What its threads do, and what became of their messages', loops.element, top.ledger)),
    letters.element,
    kept.element,
    health.element));
  root.append(region);
  const loader = new Loader(region);

  function load() {
    return loader.run((signal) => get('/api/pipeline', {}, signal), (found) => {
      alerts.show(found.alerts ?? []);
      health.show(found.health ?? []);
      top.show(found);
      const points = found.history ?? [];
      depth.show(points, (point) => point.depth, found.at);
      age.show(points, (point) => point.oldest_age_seconds, found.at);
      writes.show(points, (point) => point.write_max_ms ?? 0, found.at);
      workers.show(found.workers ?? []);
      loops.show(found.loops ?? []);
      letters.known(found.store?.dead_letters ?? null);
      kept.show(found);
      refresher.loaded(found.at);
    });
  }

  return {
    update(state) {
      load();
      letters.update(state);
    },
    pause: refresher.toggle,
    unmount() {
      refresher.stop();
      loader.stop();
      letters.stop();
      depth.destroy();
      age.destroy();
      writes.destroy();
    },
  };
}

function card(title, text, ...content) {
  return h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, title), h('span', { class: 'muted' }, text)), content);
}

function chart(title, text, unit, least) {
  const canvas = h('canvas', { role: 'img', 'aria-label': title });
  const now = h('span', { class: 'chart-now' }, '');
  const line = new Line(canvas);
  const clock = (value, long) => timeText(value, long ? 'clockSecond' : 'clock');
  return {
    element: h('section', { class: 'card' },
      h('div', { class: 'card-head' }, h('h2', {}, title), h('span', { class: 'hint' }, text), h('span', { class: 'grow' }), now),
      h('div', { class: 'chart' }, canvas)),
    show(points, of, at) {
      const to = Date.parse(at);
      const known = points.map((point) => ({ x: Date.parse(point.at), y: of(point) ?? null }));
      const values = known.map((point) => point.y).filter((y) => y !== null);
      const last = known.at(-1)?.y ?? null;
      const most = values.length > 0 ? Math.max(...values) : null;
      fill(now, last === null ? 'unknown' : unit(last));
      canvas.setAttribute('aria-label', values.length === 0
        ? `${title}: nothing is known of the last hour`
        : `${title} of the last hour: ${last === null ? 'unknown' : unit(last)} now, ${unit(most)} at most`);
      const from = Math.max(to - 3_600_000, Math.min(known[0]?.x ?? to, to - 300_000));
      line.show({ points: known, unit, clock, from, to, least });
    },
    destroy: () => line.destroy(),
  };
}

/** Asks again every ten seconds, unless paused or not looked at. */
function refresh(load) {
  let paused = false;
  const said = h('span', { class: 'muted' }, 'Loading …');
  const label = h('span', {}, 'Pause');
  const sign = h('span', { class: 'sign' }, icon('pause'));
  const toggle = () => {
    paused = !paused;
    fill(label, paused ? 'Go on' : 'Pause');
    fill(sign, icon(paused ? 'play' : 'pause'));
    pause.setAttribute('aria-pressed', String(paused));
    if (!paused) {
      load();
    }
  };
  const pause = h('button', { type: 'button', class: 'button', 'aria-pressed': 'false', data: { pause: 'refresh' }, on: { click: toggle } }, sign, label);
  const tick = () => !paused && !document.hidden && load();
  const timer = setInterval(tick, EVERY_MS);
  document.addEventListener('visibilitychange', tick);
  return {
    element: h('div', { class: 'refresh' }, said, h('span', { class: 'grow' }), pause,
      button(icon('refresh'), load, { class: 'button', 'aria-label': 'Load again', title: 'Load again' })),
    toggle,
    loaded(at) {
      fill(said, 'As of ', time(at, 'clockSecond'), ` · every ${EVERY_MS / 1000} s · times in ${zoneName()}`);
    },
    stop() {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    },
  };
}

const WORKERS = [
  { name: 'Worker', rowHead: true, cell: (row) => h('code', { class: 'cut', title: row.worker }, row.worker) },
  { name: 'State', cell: (row) => state(row.alive ? (row.paused ? 'paused' : 'alive') : 'expired') },
  {
    name: 'Lease', number: true, hint: 'How long its lease runs on',
    cell: (row) => (row.alive ? seconds(Number(row.expires_in_ms) / 1000) : `ended ${seconds(-Number(row.expires_in_ms) / 1000)} ago`),
  },
  { name: 'Holds', number: true, hint: 'Messages claimed and not yet acknowledged', cell: (row) => plural(row.claimed, 'message', 'messages') },
];

const LOOPS = [
  { name: 'Loop', rowHead: true, cell: (row) => h('span', { class: 'cut' }, row.name) },
  { name: 'State', cell: (row) => state(String(row.state).toLowerCase()) },
  { name: 'Since', wide: true, cell: (row) => time(row.since) },
  { name: 'Reason', cell: (row) => h('span', { class: 'break' }, row.reason ?? '') },
];

const GOOD = ['alive', 'running'];
const BAD = ['expired', 'stopped'];

function state(name) {
  const kind = GOOD.includes(name) ? 'good' : BAD.includes(name) ? 'bad' : 'warn';
  return h('span', { class: `badge ${kind}` }, icon(kind === 'good' ? 'check' : 'alert'), name);
}
