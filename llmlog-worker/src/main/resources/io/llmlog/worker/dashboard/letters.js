// Dead letters: what could not become a row, why, and what a person does about it.
import { get, post } from './api.js';
import { confirm, say } from './dialogs.js';
import { h, button, fill } from './dom.js';
import { bytes, count, plural, time } from './format.js';
import { Loader } from './loader.js';
import { current, go } from './state.js';
import { table } from './table.js';

const PAGE = 50;

export function deadLetters() {
  const chosen = new Set();
  let shown = [];
  let total = null;
  const reason = h('input', {
    type: 'search', class: 'search', maxlength: 200, placeholder: 'Reason holds …', autocomplete: 'off', spellcheck: 'false',
    'aria-label': 'Only dead letters whose reason holds this', data: { key: '/' },
  });
  reason.addEventListener('change', () => go({ reason: reason.value.trim() }));
  const all = h('input', { type: 'checkbox', 'aria-label': 'Choose all of this page' });
  all.addEventListener('change', () => choose(shown.map((letter) => letter.id), all.checked));
  const said = h('span', { class: 'muted', role: 'status' });
  const replay = button('Replay', () => act('replay'), { class: 'button primary', disabled: true, data: { act: 'replay' } });
  const discard = button('Discard …', () => act('discard'), { class: 'button danger', disabled: true, data: { act: 'discard' } });
  const rows = table('Dead letters', columns(), {
    row: (letter) => ({ data: { letter: letter.id } }), blank: 1,
  });
  const none = h('p', { class: 'muted nothing' });
  const pager = h('nav', { class: 'pager', 'aria-label': 'Pages of dead letters' });
  const content = h('div', { class: 'content' }, rows.element, none, pager);
  const region = h('div', {}, content);
  const element = h('section', { class: 'card', id: 'letters' },
    h('div', { class: 'card-head' }, h('h2', {}, 'Dead letters'), said, h('span', { class: 'grow' }), reason, replay, discard), region);
  const loader = new Loader(region);

  function columns() {
    return [
      {
        name: 'Chosen', head: all, className: 'tick', cell: (letter) => {
          const tick = h('input', { type: 'checkbox', value: letter.id, 'aria-label': `Choose ${letter.id}`, checked: chosen.has(letter.id) });
          tick.addEventListener('change', () => choose([letter.id], tick.checked));
          return tick;
        },
      },
      { name: 'Last seen', className: 'tight', cell: (letter) => time(letter.last_seen) },
      { name: 'Reason', rowHead: true, cell: (letter) => why(letter) },
      { name: 'SQLSTATE', wide: true, cell: (letter) => (letter.sqlstate ? h('code', {}, letter.sqlstate) : '–') },
      { name: 'Attempts', number: true, wide: true, cell: (letter) => count(letter.attempts) },
      { name: 'Size', number: true, wide: true, cell: (letter) => bytes(letter.bytes) },
    ];
  }

  function choose(ids, on) {
    ids.forEach((id) => (on ? chosen.add(id) : chosen.delete(id)));
    rows.element.querySelectorAll('tbody input[type=checkbox]').forEach((tick) => {
      tick.checked = chosen.has(tick.value);
    });
    showChosen();
  }

  function showChosen() {
    const n = chosen.size;
    fill(replay, n > 0 ? `Replay ${count(n)}` : 'Replay');
    fill(discard, n > 0 ? `Discard ${count(n)} …` : 'Discard …');
    replay.disabled = n === 0;
    discard.disabled = n === 0;
    all.checked = n > 0 && n === shown.length;
    all.indeterminate = n > 0 && n < shown.length;
    all.disabled = shown.length === 0;
  }

  async function act(kind) {
    const ids = [...chosen];
    if (kind === 'discard' && !(await confirm(
      `Discard ${plural(ids.length, 'dead letter', 'dead letters')}?`,
      'The messages are thrown away. There is no way back.', 'Discard'))) {
      return;
    }
    replay.disabled = true;
    discard.disabled = true;
    element.setAttribute('aria-busy', 'true');
    try {
      const done = await post(`/api/dead-letters/${kind}`, { ids });
      say(kind === 'replay' ? replayed(done) : `${plural(done.discarded, 'dead letter', 'dead letters')} discarded.`,
        kind === 'replay' && done.still_dead > 0);
      chosen.clear();
    } catch (error) {
      if (error.status === undefined) {
        throw error;
      }
      say(`Not done: ${error.message}`, true);
    } finally {
      element.removeAttribute('aria-busy');
      load(current());
    }
  }

  function load(state) {
    loader.run((signal) => get('/api/dead-letters', { reason: state.reason, cursor: state.after, limit: PAGE }, signal), (found) => {
      shown = found.letters;
      total = found.count;
      const here = new Set(shown.map((letter) => letter.id));
      [...chosen].filter((id) => !here.has(id)).forEach((id) => chosen.delete(id));
      rows.show(shown);
      rows.element.hidden = shown.length === 0;
      fill(none, shown.length === 0 && (state.reason ? 'None has such a reason.' : 'None. Every message became a row.'));
      fill(said, shown.length > 0 && (shown.length < total ? `${count(shown.length)} of ${count(total)}` : plural(total, 'letter', 'letters')));
      fill(pager,
        state.after && button('First page', () => go({ after: '' }), {}),
        h('span', { class: 'grow' }),
        found.next && button('More', () => go({ after: found.next }), {}));
      showChosen();
    });
  }

  return {
    element,
    update(state) {
      if (reason !== document.activeElement) {
        reason.value = state.reason;
      }
      load(state);
    },
    /** How many there are now, as the rest of the page knows; a list in somebody's hands stays. */
    known(number) {
      const state = current();
      if (number !== null && total !== null && !state.reason && number !== total && chosen.size === 0 && !state.after) {
        load(state);
      }
    },
    stop: () => loader.stop(),
  };
}

function why(letter) {
  const text = h('span', { class: 'break' }, letter.reason);
  const facts = h('p', { class: 'muted' },
    h('code', {}, letter.id), ' · created ', time(letter.created_at), ' · first seen ', time(letter.first_seen));
  return h('details', {}, h('summary', {}, text), facts,
    letter.beginning ? h('pre', { class: 'code wrap', tabindex: 0 }, letter.beginning)
      : h('p', { class: 'muted' }, 'What was in it is not shown here.'));
}

function replayed(done) {
  const parts = [
    [done.stored, 'stored'], [done.duplicate, 'had their row already'], [done.still_dead, 'can still be no row'],
    [done.skipped, 'not tried, in other hands'],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`).join(', ');
  return `Replay: ${said || 'nothing to do'}.`;
}
