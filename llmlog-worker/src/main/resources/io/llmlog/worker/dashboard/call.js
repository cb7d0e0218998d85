// One call with all that is known of it, in a drawer beside the list.
import { get } from './api.js';
import { outcome } from './outcome.js';
import { h, button, fill, icon } from './dom.js';
import { valueName } from './filters.js';
import { count, exactMoney, milliseconds, money, time, utc } from './format.js';
import { jsonBlock, jsonText } from './json.js';
import { Loader } from './loader.js';
import { current, go } from './state.js';
import { pairs } from './table.js';

/** Columns by heading, in the order that people ask. Those with a filter can be looked for. */
const GROUPS = [
  ['Who', [
    ['company_id', 'Company', 'company'], ['user_id', 'User id', 'user'], ['end_user', 'End user', 'user'],
    ['interview_id', 'Interview'], ['session_id', 'Session', 'session'], ['trace_id', 'Trace', 'trace'], ['span_id', 'Span'],
    ['service', 'Service'], ['deployment_environment', 'Environment', 'environment'], ['deployment_version', 'Version'],
  ]],
  ['What', [
    ['action', 'Action', 'action'], ['model', 'Model', 'model'], ['response_model', 'Answered by'],
    ['provider', 'Provider', 'provider'], ['streaming', 'Streaming'], ['finish_reason', 'Finished because'],
    ['response_id', 'Response'], ['price_version', 'Price list'],
  ]],
  ['Tokens', [
    ['tokens_input', 'Input'], ['tokens_output', 'Output'], ['tokens_used', 'Used'], ['tokens_cache_read', 'Read from cache'],
    ['tokens_cache_write', 'Written to cache'], ['tokens_reasoning', 'Reasoning'],
  ]],
];
const LISTS = ['company', 'model', 'action', 'provider', 'environment'];

export function callDrawer() {
  const body = h('div', { class: 'content' });
  const title = h('h2', { id: 'call-title' }, 'Call');
  const region = h('div', { class: 'drawer-body' }, body);
  const close = button(icon('close'), () => dialog.close(), { class: 'button quiet', 'aria-label': 'Close' });
  const dialog = h('dialog', { class: 'drawer', 'aria-labelledby': 'call-title' },
    h('div', { class: 'drawer-head' }, title, close), region);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  // Also where Escape closed it.
  dialog.addEventListener('close', () => current().call && go({ call: '', at: '' }, { replace: true }));
  document.body.append(dialog);
  const loader = new Loader(region);
  let shown = '';

  function load(id, at) {
    fill(body, placeholder());
    region.classList.add('fresh');
    loader.run((signal) => get(`/api/calls/${encodeURIComponent(id)}`, { created_at: at }, signal), (call) => {
      fill(title, call.action);
      fill(body, parts(call));
    });
  }

  return {
    show(id, at) {
      if (!id) {
        shown = '';
        loader.stop();
        if (dialog.open) {
          dialog.close();
        }
        return;
      }
      if (shown !== id) {
        shown = id;
        load(id, at);
      }
      if (!dialog.open) {
        dialog.showModal();
        close.focus();
      }
    },
    remove() {
      shown = '';
      loader.stop();
      dialog.remove();
    },
  };
}

function placeholder() {
  return Array.from({ length: 9 }, () => h('p', {}, h('span', { class: 'shimmer' })));
}

function parts(call) {
  return [
    h('p', { class: 'call-line' }, outcome(call), time(call.created_at, 'full'), h('span', { class: 'muted' }, utc(call.created_at))),
    figures(call),
    texts('Error', [call.error_type, call.error_message].filter(Boolean).join('\n'), 'bad'),
    texts('Message', call.message),
    GROUPS.map(([name, columns]) => group(name, columns, call)),
    h('h3', {}, 'Identity'),
    pairs([
      ['Event', h('code', {}, call.event_id)],
      call.id !== undefined && call.id !== null && ['Row', h('code', {}, call.id)],
    ]),
    block('Metadata', call.metadata, 'None.'),
    contents(call),
  ];
}

function figures(call) {
  const big = (name, value, title) =>
    h('div', {}, h('dt', {}, name), h('dd', { title, class: value === 'unknown' && 'muted' }, value));
  return h('dl', { class: 'call-figures' },
    big('Cost', money(call.cost_usd), exactMoney(call.cost_usd)),
    big('Latency', milliseconds(call.latency_ms), call.latency_ms === null ? null : `${count(call.latency_ms)} ms`),
    big('First token', milliseconds(call.ttft_ms)),
    big('Tokens in / out', `${tokens(call.tokens_input)} / ${tokens(call.tokens_output)}`));
}

function tokens(value) {
  return value === null || value === undefined ? '–' : count(value);
}

function group(name, columns, call) {
  const known = columns.filter(([column]) => call[column] !== null && call[column] !== undefined);
  return known.length > 0 && [
    h('h3', {}, name),
    pairs(known.map(([column, label, filter]) => [label, value(column, call[column], filter), { column }])),
  ];
}

function value(column, raw, filter) {
  const text = typeof raw === 'boolean' ? (raw ? 'yes' : 'no') : column.startsWith('tokens_') ? count(raw) : String(raw);
  if (!filter) {
    return h('span', { class: 'break' }, text);
  }
  const only = () => {
    const list = LISTS.includes(filter);
    // The range stays, for the viewer chose it, though a session may reach out of it.
    go({ [filter]: list ? [String(raw)] : String(raw), cursor: '', call: '', at: '' });
  };
  return h('button', {
    type: 'button', class: 'plain break', title: `Only calls with ${filter} ${valueName(filter, raw)}`, on: { click: only },
  }, text);
}

function texts(name, text, className = '') {
  return text && [h('h3', {}, name), h('pre', { class: `code wrap ${className}`, tabindex: 0 }, text)];
}

function block(name, raw, none) {
  const empty = raw === null || raw === undefined || (typeof raw === 'object' && Object.keys(raw).length === 0);
  return [
    h('div', { class: 'block-head' }, h('h3', {}, name), !empty && copyButton(raw)),
    empty ? h('p', { class: 'muted' }, none) : jsonBlock(raw, name),
  ];
}

function contents(call) {
  if (!call.contents) {
    return [h('h3', {}, 'Prompt and answer'), h('p', { class: 'muted' }, call.contents_note ?? 'Not kept.')];
  }
  return [
    block('Prompt', call.contents.request, 'None was logged.'),
    block('Answer', call.contents.response, 'None was logged.'),
    call.contents_note && h('p', { class: 'muted' }, call.contents_note),
  ];
}

function copyButton(raw) {
  if (!navigator.clipboard) {
    // Browsers give it to pages from loopback and over TLS alone.
    return false;
  }
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(jsonText(raw));
    copy.textContent = 'Copied';
  }, { class: 'button quiet small' });
  return copy;
}
