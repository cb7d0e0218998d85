// A small box below a button; one is open at a time. Escape and a click elsewhere close it.
import { h, fill } from './dom.js';

let open = null;

addEventListener('click', (event) => {
  if (open && !open.contains(event.target)) {
    open.close();
  }
});

/** Closes the open one; answers whether there was one. */
export function closePopover() {
  const was = open;
  open?.close();
  return was !== null;
}

/**
 * @param trigger the button that opens it
 * @param name what it is, for those who do not see it
 * @param content makes what is in it, each time it opens
 */
export function popover(trigger, name, content) {
  const box = h('div', { class: 'popover', role: 'dialog', 'aria-label': name, hidden: true });
  trigger.setAttribute('aria-haspopup', 'dialog');
  trigger.setAttribute('aria-expanded', 'false');
  const self = {
    element: box,
    contains: (target) => box.contains(target) || trigger.contains(target) || !target.isConnected,
    open() {
      open?.close();
      open = self;
      fill(box, content());
      box.hidden = false;
      trigger.setAttribute('aria-expanded', 'true');
      box.querySelector('input, select, button')?.focus();
    },
    close() {
      const inside = box.contains(document.activeElement);
      box.hidden = true;
      fill(box);
      trigger.setAttribute('aria-expanded', 'false');
      open = open === self ? null : open;
      if (inside) {
        trigger.focus();
      }
    },
  };
  trigger.addEventListener('click', () => (box.hidden ? self.open() : self.close()));
  return self;
}
