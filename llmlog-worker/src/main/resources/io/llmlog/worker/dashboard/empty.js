// What to do where there is nothing to see.
import { h, button } from './dom.js';
import { clearButton } from './filters.js';
import { go, isFiltered } from './state.js';

/** Nothing hidden by filters: how to log a call. Else how to see more. */
export function emptyCalls(state, more = false) {
  if (isFiltered(state) || more) {
    return box('No calls match these filters.', 'Take one away, or look at a longer time.',
      isFiltered(state) && clearButton(), wider(state));
  }
  return box('No calls in this time.',
    'Either nothing was logged yet, or it was earlier. To see a first call, send one to the queue:',
    h('pre', { class: 'code' }, 'echo \'{"action":"hello","model":"gpt-4o-mini","tokens_input":12}\' | llmlog log -'),
    h('p', { class: 'muted' }, 'From a Java service:'),
    h('pre', { class: 'code' },
      'try (LlmLogger llm = LlmLogger.fromEnvironment();\n'
      + '    LlmCall call = llm.start("interview.question").companyId(7).model("gpt-4o-mini")) {\n'
      + '  ChatResponse r = client.chat(prompt);\n'
      + '  call.tokens(r.inputTokens(), r.outputTokens()).succeed();\n'
      + '}'),
    wider(state));
}

function wider(state) {
  const next = { '1h': '24h', '24h': '7d', '7d': '30d', '30d': '12m', custom: '12m' }[state.range];
  const names = { '24h': '24 hours', '7d': '7 days', '30d': '30 days', '12m': '12 months' };
  return next && button(`Look at ${names[next]}`, () => go({ range: next, from: '', to: '' }));
}

export function box(title, text, ...more) {
  return h('div', { class: 'card empty' }, h('h2', {}, title), h('p', { class: 'muted' }, text), more);
}
