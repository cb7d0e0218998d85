// Where the figures are from, and how old they may be.
import { h, fill, icon } from './dom.js';
import { seconds } from './format.js';

export function origin() {
  const element = h('div', { class: 'origin' });
  return {
    element,
    show(from) {
      const lag = from?.lag_seconds;
      const behind = lag === null || lag === undefined ? '' : `, ${seconds(lag)} behind`;
      fill(element,
        from?.notice && h('div', { class: 'banner warn', role: 'status' }, icon('alert'), h('div', {}, from.notice)),
        h('p', { class: 'hint' },
          from?.source === 'replica' ? `From the read replica${behind}. ` : from?.source === 'primary' ? 'From the primary database. ' : '',
          'Times show in UTC when pointed at.'));
    },
  };
}
