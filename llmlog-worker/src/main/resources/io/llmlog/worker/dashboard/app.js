// Puts the page together: who is logged in, which page is shown, and the keys.
import { get, post, session, toLogin } from './api.js';
import * as calls from './calls.js';
import * as companies from './companies.js';
import { say, showKeys } from './dialogs.js';
import { byId, button, fill, h, icon, lead } from './dom.js';
import { capital, filterButton, showChips } from './filters.js';
import { zoneName } from './format.js';
import * as overview from './overview.js';
import * as pipeline from './pipeline.js';
import { closePopover } from './popover.js';
import { rangePicker, rangeText } from './range.js';
import { PAGES, current, go, onChange, query, tell } from './state.js';

const MODULES = { overview, companies, calls, pipeline };
const ALERTS_EVERY_MS = 30_000;

const picker = rangePicker();
const filter = filterButton();
const badge = h('span', { class: 'nav-badge', hidden: true });
const links = new Map();
let shown = null;
let page = null;

function navigation() {
  fill(byId('nav'), PAGES.map((name, i) => {
    const item = h('a', { class: 'nav-link', data: { page: name }, title: `${capital(name)} (${i + 1})`, on: { click: (event) => follow(event, name) } },
      icon(name), h('span', {}, capital(name)), name === 'pipeline' && badge);
    links.set(name, item);
    return item;
  }));
  document.querySelector('.brand').addEventListener('click', (event) => follow(event, PAGES[0]));
}

/** A plain click stays on this page; with a key held the browser opens the address elsewhere. */
function follow(event, name) {
  if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go({ page: name });
  }
}

function tools(known) {
  const theme = button(icon('theme'), () => dispatchEvent(new Event('themetoggle')),
    { class: 'button quiet', 'aria-label': 'Light or dark', title: 'Light or dark (t)', data: { tool: 'theme' } });
  const keys = button(icon('keys'), showKeys, { class: 'button quiet', 'aria-label': 'Keys', title: 'Keys (?)' });
  const out = known.login_required && button(icon('out'), logOut,
    { class: 'button quiet', 'aria-label': 'Log out', title: 'Log out', data: { tool: 'logout' } });
  fill(byId('tools'), theme, keys, out);
  fill(byId('foot'), `llmlog ${known.version ?? ''}`);
}

async function logOut() {
  try {
    await post('/api/logout');
    location.assign('/login.html');
  } catch (error) {
    say(`Not logged out: ${error.message}`, true);
  }
}

function show(state) {
  closePopover();
  for (const [name, item] of links) {
    // A link leads to where a click would: its page, with range and filters as they are.
    lead(item, '/', query({ ...shared(state), page: name }));
    if (name === state.page) {
      item.setAttribute('aria-current', 'page');
    } else {
      item.removeAttribute('aria-current');
    }
  }
  if (shown !== state.page) {
    page?.unmount();
    const root = fill(byId('page'));
    root.dataset.page = state.page;
    fill(byId('title'), capital(state.page));
    document.title = `${capital(state.page)} · llmlog`;
    page = MODULES[state.page].mount(root);
    if (shown !== null) {
      scrollTo(0, 0);
      byId('main').focus({ preventScroll: true });
    }
    shown = state.page;
  }
  const usage = state.page !== 'pipeline';
  byId('toolbar').hidden = !usage;
  fill(byId('range'), usage && [rangeText(state), ` · ${zoneName()}`]);
  picker.show(state);
  showChips(byId('chips'), state);
  byId('chips').hidden ||= !usage;
  page.update(state);
}

function shared({ range, from, to, model, company, action, provider, environment }) {
  return { range, from, to, model, company, action, provider, environment };
}

const KEYS = {
  '/': () => {
    const own = byId('page').querySelector('[data-key="/"]');
    if (own) {
      own.focus();
    } else {
      filter.open();
    }
  },
  '?': showKeys,
  r: tell,
  t: () => dispatchEvent(new Event('themetoggle')),
  p: () => page?.pause?.(),
};
PAGES.forEach((name, i) => {
  KEYS[String(i + 1)] = () => go({ page: name });
});

function onKey(event) {
  if (event.key === 'Escape' && closePopover()) {
    event.preventDefault();
    return;
  }
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  const open = document.querySelector('dialog[open]');
  if (typing || open || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) {
    if (typing && event.key === 'Escape') {
      event.target.blur();
    }
    return;
  }
  event.preventDefault();
  KEYS[event.key]();
}

/** Alerts show beside "Pipeline" on every page. */
async function lookForAlerts() {
  if (document.hidden) {
    return;
  }
  try {
    const { alerts } = await get('/api/pipeline');
    badge.hidden = !alerts?.length;
    fill(badge, alerts?.length ?? 0, h('span', { class: 'sr' }, ' alerts'));
  } catch (error) {
    // The page that is shown says what is wrong.
    badge.hidden = true;
    if (error.status === undefined) {
      throw error;
    }
  }
}

async function start() {
  navigation();
  fill(byId('toolbar'), filter.element, picker.element,
    button(icon('refresh'), tell, { class: 'button', 'aria-label': 'Load again', title: 'Load again (r)' }));
  addEventListener('keydown', onKey);
  onChange(show);
  try {
    const known = await session();
    if (known.login_required && !known.logged_in) {
      return;
    }
    tools(known);
  } catch (error) {
    if (error.status === 401) {
      toLogin();
      return;
    }
    tools({});
  }
  show(current());
  lookForAlerts();
  setInterval(lookForAlerts, ALERTS_EVERY_MS);
}

start();
