// How a call ended.
import { h, icon } from './dom.js';

/** Failed or not, by mark and word. */
export function outcome(call) {
  const failed = call.error_type ?? (call.error_message ? 'error' : null);
  return failed === null
    ? h('span', { class: 'badge good' }, icon('check'), 'ok')
    : h('span', { class: 'badge bad', title: failed }, icon('alert'), h('span', { class: 'cut' }, failed));
}
