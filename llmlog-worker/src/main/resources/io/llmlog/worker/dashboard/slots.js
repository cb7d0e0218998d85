// The times of a series, with those in which there was nothing.
import { timeText } from './format.js';

const HOUR = 3_600_000;
const STEPS = { hour: HOUR, day: 24 * HOUR };
/** More than these cannot be told apart on a screen. */
const MOST = 4_000;

/** Each slot of an answer's range: its label, its title, whether the label may stand, and the groups' figures. */
export function slotsOf(answer) {
  const size = STEPS[answer.step];
  const found = new Map(answer.series.map((slot) => [Date.parse(slot.time), slot.groups]));
  const first = Math.floor(Date.parse(answer.from) / size) * size;
  const end = Date.parse(answer.to);
  const times = [];
  for (let time = first; time < end && times.length < MOST; time += size) {
    times.push(time);
  }
  const long = times.length;
  return times.map((time) => ({
    ...(answer.step === 'hour' ? hour(time, long) : day(time, long)),
    groups: found.get(time),
  }));
}

function hour(time, long) {
  const date = new Date(time);
  const midnight = date.getHours() === 0;
  const title = `${timeText(time, 'minute')} – ${timeText(time + HOUR, 'clock')}`;
  if (long <= 48) {
    return { label: timeText(time, 'clock'), title, mark: date.getHours() % 3 === 0 };
  }
  return { label: timeText(time, long <= 200 ? 'weekday' : 'day'), title, mark: midnight };
}

/** Days are UTC's: that is how the sums are kept. */
function day(time, long) {
  const title = `${timeText(time, 'date', true)} (a day in UTC)`;
  if (long <= 62) {
    return { label: timeText(time, 'day', true), title, mark: true };
  }
  return { label: timeText(time, 'month', true), title, mark: new Date(time).getUTCDate() === 1 };
}
