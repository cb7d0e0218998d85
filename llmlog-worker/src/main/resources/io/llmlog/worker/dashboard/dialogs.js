// Questions, results and the keys.
import { h, button, byId, fill, icon } from './dom.js';

/** Asks before something that cannot be taken back; the careful answer is the one in focus. */
export function confirm(title, text, yes) {
  return new Promise((answer) => {
    const no = button('Cancel', () => dialog.close('no'), {});
    const dialog = h('dialog', { class: 'box', role: 'alertdialog', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
      h('h2', { id: 'confirm-title' }, title),
      h('p', { id: 'confirm-text' }, text),
      h('div', { class: 'buttons' }, no, button(yes, () => dialog.close('yes'), { class: 'button danger', data: { confirm: 'yes' } })));
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

let leaving = 0;

/** Says what was done, to all eyes and ears. */
export function say(text, bad = false) {
  const place = byId('live');
  clearTimeout(leaving);
  fill(place, h('span', { class: bad ? 'said bad' : 'said' }, icon(bad ? 'alert' : 'check'), text));
  leaving = setTimeout(() => fill(place), 12_000);
}

const KEYS = [
  ['1 – 4', 'Overview, Companies, Calls, Pipeline'], ['/', 'Filter or search'], ['r', 'Load again'], ['p', 'Pause or go on, on Pipeline'],
  ['t', 'Light or dark'], ['Esc', 'Close what is open'], ['?', 'These keys'],
];

export function showKeys() {
  if (document.querySelector('dialog[open]')) {
    return;
  }
  const dialog = h('dialog', { class: 'box', 'aria-labelledby': 'keys-title' },
    h('h2', { id: 'keys-title' }, 'Keys'),
    h('dl', { class: 'keys' }, KEYS.map(([key, does]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, does)))),
    h('div', { class: 'buttons' }, button('Close', () => dialog.close(), {})));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
