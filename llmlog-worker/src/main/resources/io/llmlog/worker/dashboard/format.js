// Figures, money and times in the viewer's language and zone. Unknown is said, never shown as 0.
import { h } from './dom.js';

export const UNKNOWN = 'unknown';

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A count with all its digits. Sums come as text, for they may be longer than a number is exact. */
export function count(value) {
  return value === null || value === undefined ? UNKNOWN : whole.format(value);
}

/** A count that is short where it is large. */
export function short(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  return Math.abs(Number(value)) < 10_000 ? whole.format(value) : compact.format(Number(value));
}

export function plural(n, one, many) {
  return `${count(n)} ${Number(n) === 1 ? one : many}`;
}

/** To the cent; below ten cents with two digits that count. */
export function money(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  const number = Math.abs(Number(value));
  const digits = number === 0 || number >= 0.1 ? 2 : Math.min(12, 1 + Math.ceil(-Math.log10(number)));
  return currency(digits).format(value);
}

/** Money on an axis. */
export function shortMoney(value) {
  return Math.abs(value) >= 10_000 ? shortCurrency.format(value) : money(value);
}

const shortCurrency = new Intl.NumberFormat(undefined, {
  style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', notation: 'compact', maximumFractionDigits: 1,
});
const currencies = new Map();

function currency(digits) {
  if (!currencies.has(digits)) {
    currencies.set(digits, new Intl.NumberFormat(undefined, {
      style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  return currencies.get(digits);
}

/** Money as it came, to the last digit; for a title. */
export function exactMoney(value) {
  return value === null || value === undefined ? 'the cost is unknown' : `${value} USD`;
}

export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) {
    return UNKNOWN;
  }
  const size = Math.abs(share);
  if (size > 0 && size < 0.0001) {
    return `<${percentage(2).format(0.0001)}`;
  }
  return percentage(size === 0 || size >= 0.1 ? 1 : 2).format(share);
}

function percentage(digits) {
  return new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: digits });
}

/** A share of errors that is worth a colour. */
export const MANY_ERRORS = 0.05;

/** Errors among calls; null where there are no calls. */
export function errorRate(figures) {
  return figures.calls > 0 ? figures.errors / figures.calls : null;
}

/** How a figure changed, as a share of what it was; null where that says nothing. */
export function change(now, before) {
  if (now === null || before === null || now === undefined || before === undefined || Number(before) === 0) {
    return null;
  }
  return (Number(now) - Number(before)) / Number(before);
}

/** With its sign, `+12%` or `−3.1%`. */
export function signed(share) {
  const digits = Math.abs(share) >= 0.1 ? 0 : 1;
  if (Math.abs(share) >= 10) {
    return `×${compact.format(share + 1)}`;
  }
  return new Intl.NumberFormat(undefined, {
    style: 'percent', maximumFractionDigits: digits, signDisplay: 'exceptZero',
  }).format(share);
}

export function milliseconds(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  const ms = Number(value);
  return ms < 1000 ? `${whole.format(ms)} ms` : seconds(ms / 1000);
}

/** A span of time in its two largest units. */
export function seconds(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  const s = Math.max(0, Number(value));
  if (s < 60) {
    return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: s < 10 ? 1 : 0 }).format(s)} s`;
  }
  const parts = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = parts.findIndex(([, size]) => s >= size);
  const [unit, size] = parts[first];
  const [unit2, size2] = parts[Math.min(first + 1, 3)];
  const n = Math.floor(s / size);
  const rest = Math.floor((s - n * size) / size2);
  return rest > 0 && unit !== unit2 ? `${whole.format(n)} ${unit} ${rest} ${unit2}` : `${whole.format(n)} ${unit}`;
}

export function bytes(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  if (Number(value) < 1000) {
    return `${whole.format(value)} B`;
  }
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let n = Number(value);
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(undefined, {
    style: 'unit', unit: units[unit], maximumFractionDigits: n < 10 ? 1 : 0,
  }).format(n);
}

/** `P13M` in words. */
export function period(iso) {
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/.exec(iso ?? '');
  if (!match) {
    return iso ?? UNKNOWN;
  }
  const names = [['year', 'years'], ['month', 'months'], ['week', 'weeks'], ['day', 'days']];
  return names.map(([one, many], i) => match[i + 1] && plural(match[i + 1], one, many)).filter(Boolean).join(' ');
}

const styles = {
  full: { dateStyle: 'medium', timeStyle: 'medium' },
  minute: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  second: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit' },
  clockSecond: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  day: { month: 'short', day: 'numeric' },
  weekday: { weekday: 'short', month: 'short', day: 'numeric' },
  month: { month: 'short', year: 'numeric' },
  date: { dateStyle: 'medium' },
};
const formats = new Map();

/** A time in the viewer's zone, or in UTC where days are UTC's. */
export function timeText(value, style, inUtc = false) {
  const key = `${style} ${inUtc}`;
  if (!formats.has(key)) {
    const options = inUtc ? { ...styles[style], timeZone: 'UTC' } : styles[style];
    formats.set(key, new Intl.DateTimeFormat(undefined, options));
  }
  return formats.get(key).format(new Date(value));
}

export function utc(value) {
  return `${new Date(value).toISOString().replace('T', ' ').replace(/\.000Z$|Z$/, '')} UTC`;
}

/** A time as an element that says UTC when pointed at. */
export function time(value, style = 'second') {
  if (!value) {
    return h('span', { class: 'muted' }, 'never');
  }
  if (Number.isNaN(Date.parse(value))) {
    return h('span', {}, value);
  }
  return h('time', { datetime: value, title: utc(value) }, timeText(value, style));
}

/** How long ago, with the time when pointed at. */
export function ago(value, now = Date.now()) {
  if (!value) {
    return h('span', { class: 'muted' }, 'never');
  }
  const title = `${timeText(value, 'full')} · ${utc(value)}`;
  return h('time', { datetime: value, title }, `${seconds((now - Date.parse(value)) / 1000)} ago`);
}

/** The viewer's zone by name and distance from UTC. */
export function zoneName() {
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: 'shortOffset' }).formatToParts(new Date());
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value;
  return offset && zone !== 'UTC' ? `${zone} (${offset})` : zone;
}
