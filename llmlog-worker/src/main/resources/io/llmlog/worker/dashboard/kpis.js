// The figures on top, against the range before.
import { h, fill } from './dom.js';
import { change, count, errorRate, exactMoney, milliseconds, money, percent, plural, short, signed } from './format.js';

/** Which way is better; without one a change is only a change. */
const CARDS = [
  {
    key: 'cost', name: 'Cost', better: 'less',
    value: (f) => (f.calls === 0 ? money(0) : money(f.cost_usd)),
    title: (f) => exactMoney(f.cost_usd),
    compared: (f) => f.cost_usd,
    more: (f) => unknownCost(f) ?? (f.calls > 0 && f.cost_usd !== null ? `${money(Number(f.cost_usd) / f.calls)} a call` : ''),
  },
  {
    key: 'calls', name: 'Calls',
    value: (f) => (f.calls < 10_000_000 ? count(f.calls) : short(f.calls)),
    title: (f) => plural(f.calls, 'call', 'calls'),
    compared: (f) => f.calls,
    more: (f) => (f.calls > 0 ? plural(f.errors, 'failed', 'failed') : ''),
  },
  {
    key: 'tokens', name: 'Tokens',
    value: (f) => short(BigInt(f.tokens_input) + BigInt(f.tokens_output)),
    title: (f) => `${count(f.tokens_input)} in, ${count(f.tokens_output)} out, of these ${count(f.tokens_cache_read)} read from`
      + ` and ${count(f.tokens_cache_write)} written to a cache, ${count(f.tokens_reasoning)} for reasoning`,
    compared: (f) => Number(f.tokens_input) + Number(f.tokens_output),
    more: (f) => `${short(f.tokens_input)} in · ${short(f.tokens_output)} out`,
  },
  {
    key: 'errors', name: 'Error rate', better: 'less',
    value: (f) => (f.calls > 0 ? percent(errorRate(f)) : '–'),
    title: (f) => `${count(f.errors)} of ${plural(f.calls, 'call', 'calls')}`,
    compared: (f) => errorRate(f),
    more: (f) => (f.calls > 0 ? `${count(f.errors)} of ${short(f.calls)}` : ''),
  },
  {
    key: 'latency', name: 'Latency, p95', better: 'less',
    value: (f) => (f.p95_ms === null ? '–' : milliseconds(f.p95_ms)),
    title: () => '95 of 100 calls took no longer; within 9.5 %',
    compared: (f) => f.p95_ms,
    more: (f) => (f.p50_ms === null ? '' : `p50 ${milliseconds(f.p50_ms)} · p99 ${milliseconds(f.p99_ms)}`),
  },
];

function unknownCost(figures) {
  return figures.calls_cost_unknown > 0
    ? `not known of ${plural(figures.calls_cost_unknown, 'call', 'calls')}` : null;
}

export function kpis() {
  const cards = CARDS.map((card) => ({
    card,
    value: h('div', { class: 'kpi-value' }, '0,000'),
    delta: h('span', { class: 'delta' }, '±0%'),
    more: h('div', { class: 'kpi-more' }, '0 of 000'),
  }));
  return {
    element: h('section', { class: 'kpis', 'aria-label': 'Figures of the range' }, cards.map(({ card, value, delta, more }) =>
      h('div', { class: 'card kpi', data: { kpi: card.key } },
        h('div', { class: 'kpi-head' }, h('h2', {}, card.name), delta), value, more))),
    show(now, before, name) {
      for (const { card, value, delta, more } of cards) {
        fill(value, card.value(now)).setAttribute('title', card.title(now));
        fill(more, card.more(now) || '\u00a0');
        showDelta(delta, change(card.compared(now), card.compared(before)), card, before, name);
      }
    },
  };
}

function showDelta(element, share, card, before, name) {
  if (share === null) {
    element.className = 'delta none';
    element.setAttribute('title', `${name}: ${card.value(before)}`);
    fill(element, before.calls === 0 ? 'nothing before' : '');
    return;
  }
  const up = share > 0.0005;
  const down = share < -0.0005;
  const good = card.better && (card.better === 'less' ? down : up);
  const bad = card.better && (card.better === 'less' ? up : down);
  element.className = `delta ${good ? 'good' : bad ? 'bad' : 'same'}`;
  element.setAttribute('title', `${name}: ${card.value(before)}`);
  const arrow = up ? '▲' : down ? '▼' : '=';
  fill(element,
    h('span', { 'aria-hidden': 'true' }, `${arrow} `), signed(share),
    h('span', { class: 'sr' }, ` against ${name}`));
}
