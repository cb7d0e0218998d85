// A plain script in the head: the theme must stand before anything is drawn.
(() => {
  'use strict';
  const KEY = 'llmlog.theme';
  const system = matchMedia('(prefers-color-scheme: dark)');

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function show() {
    const theme = chosen() ?? (system.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('themechange'));
  }

  /** A choice that is the system's own is forgotten, so that the page follows the system again. */
  function toggle() {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    try {
      if ((next === 'dark') === system.matches) {
        localStorage.removeItem(KEY);
      } else {
        localStorage.setItem(KEY, next);
      }
    } catch {
      // A browser that keeps nothing: until the page is left.
    }
    document.documentElement.dataset.theme = next;
    dispatchEvent(new Event('themechange'));
  }

  system.addEventListener('change', show);
  addEventListener('storage', show);
  addEventListener('themetoggle', toggle);
  show();
})();
