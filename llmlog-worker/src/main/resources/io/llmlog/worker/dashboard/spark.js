// Small drawings inside tables.
import { h, svg } from './dom.js';

const WIDTH = 96;
const HEIGHT = 24;

/** A line of values from old to new; what is unknown counts as the gap that it is. */
export function sparkline(values, name) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  if (known.length === 0) {
    return h('span', { class: 'muted' }, '–');
  }
  const step = values.length > 1 ? (WIDTH - 4) / (values.length - 1) : 0;
  const at = (value, i) => [2 + i * step, HEIGHT - 3 - (most === 0 ? 0 : (value / most) * (HEIGHT - 6))];
  const lines = [];
  let line = [];
  values.forEach((value, i) => {
    if (value === null) {
      lines.push(line);
      line = [];
    } else {
      line.push(at(value, i));
    }
  });
  lines.push(line);
  const drawn = lines.filter((each) => each.length > 0);
  const last = drawn.at(-1).at(-1);
  return svg('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': name },
    svg('title', {}, name),
    drawn.map((each) => svg('polyline', { points: each.map((point) => point.map((n) => n.toFixed(1)).join(',')).join(' ') })),
    svg('circle', { cx: last[0].toFixed(1), cy: last[1].toFixed(1), r: 2 }));
}

/** A share of the whole as a bar. */
export function shareBar(share, className = '') {
  const part = Math.max(0, Math.min(1, share ?? 0)) * 100;
  return svg('svg', { class: `share ${className}`, viewBox: '0 0 100 6', width: 72, height: 6, 'aria-hidden': 'true' },
    svg('rect', { class: 'share-all', x: 0, y: 0, width: 100, height: 6, rx: 3 }),
    part > 0 && svg('rect', { class: 'share-part', x: 0, y: 0, width: Math.max(part, 2).toFixed(1), height: 6, rx: 3 }));
}
