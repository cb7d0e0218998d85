// Loads what a region shows: placeholders at first, the old content while it is asked again, and
// what went wrong with a button to try once more. The last question wins.
import { h, button, fill, icon } from './dom.js';

export class Loader {
  #abort = null;
  #notice = h('div', { class: 'notice-slot' });

  /** @param region holds what is shown; its placeholders stand in it already */
  constructor(region) {
    this.region = region;
    region.classList.add('region', 'fresh');
    region.prepend(this.#notice);
  }

  /**
   * @param load asks, given a signal that stops it
   * @param show puts the answer into the region
   */
  async run(load, show) {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.region.setAttribute('aria-busy', 'true');
    try {
      const answer = await load(abort.signal);
      if (abort.signal.aborted) {
        return;
      }
      fill(this.#notice);
      this.region.classList.remove('fresh', 'failed');
      show(answer);
    } catch (error) {
      if (abort.signal.aborted) {
        return;
      }
      this.region.classList.add('failed');
      fill(this.#notice, problem(error, () => this.run(load, show)));
      if (error.status === undefined) {
        throw error;
      }
    } finally {
      if (this.#abort === abort) {
        this.region.setAttribute('aria-busy', 'false');
      }
    }
  }

  stop() {
    this.#abort?.abort();
    this.#abort = null;
  }
}

function problem(error, again) {
  const said = error.status === undefined ? 'The page could not show the answer.' : error.message;
  return h('div', { class: 'banner bad', role: 'alert' },
    icon('alert'),
    h('div', {}, h('strong', {}, 'No figures. '), said),
    button('Try again', again, {}));
}

/** Blank lines in place of a table's rows, as high as those. */
export function blankRows(columns, rows = 8) {
  return Array.from({ length: rows }, () =>
    h('tr', { class: 'blank', 'aria-hidden': 'true' },
      Array.from({ length: columns }, () => h('td', {}, h('span', { class: 'shimmer' })))));
}
