// Alone, because it is served before a login, when no other module is.
(() => {
  'use strict';

  function showTheme() {
    let chosen = null;
    try {
      chosen = localStorage.getItem('llmlog.theme');
    } catch {
      // A browser that keeps nothing: as the system has it.
    }
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = chosen ?? (dark ? 'dark' : 'light');
  }

  /** Where the viewer wanted to go: a state of the dashboard, never another place. */
  function goOn() {
    const state = new URLSearchParams(location.search).get('state') ?? '';
    const here = location.pathname === '/' ? location.search : '';
    location.replace(`/${state.startsWith('?') ? state : here}`);
  }

  async function logIn(form) {
    const problem = document.getElementById('problem');
    const button = form.querySelector('button');
    problem.textContent = '';
    button.disabled = true;
    try {
      const answer = await fetch('/api/login', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': await csrf() },
        body: JSON.stringify({ token: form.token.value }),
      });
      if (answer.ok) {
        goOn();
        return;
      }
      problem.textContent = await reason(answer);
      form.token.select();
    } catch {
      problem.textContent = 'The worker does not answer. Is it running?';
    } finally {
      button.disabled = false;
    }
  }

  async function reason(answer) {
    if (answer.status === 401) {
      return 'That is not the token.';
    }
    if (answer.status === 429) {
      const seconds = answer.headers.get('Retry-After');
      return `Too many attempts. Try again in ${seconds ?? 'some'} seconds.`;
    }
    try {
      return (await answer.json()).error;
    } catch {
      return `The worker answered ${answer.status}.`;
    }
  }

  async function session() {
    const answer = await fetch('/api/session');
    return answer.ok ? answer.json() : {};
  }

  async function csrf() {
    return (await session()).csrf ?? '';
  }

  showTheme();
  document.addEventListener('DOMContentLoaded', async () => {
    const form = document.getElementById('login');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      logIn(form);
    });
    try {
      // The cookie is SameSite=Strict: a link from elsewhere comes without it, though there is one.
      const known = await session();
      if (known.logged_in || known.login_required === false) {
        goOn();
      }
    } catch {
      // Said when the form is sent.
    }
  });
})();
