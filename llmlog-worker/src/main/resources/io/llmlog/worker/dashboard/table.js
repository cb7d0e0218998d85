// Tables: heads that sort, cells that align, rows that can be opened.
import { h, fill } from './dom.js';
import { blankRows } from './loader.js';

/**
 * @param caption what the table is, for those who do not see it
 * @param columns each with `name`, `cell(row)`, and where wanted `key` (sorts by it), `number` (aligned
 *   right), `wide` (left out on narrow screens), `className`, `hint`
 * @param options `sort` (told of the key that was chosen), `row` (attributes of a row), `blank` (how many
 *   placeholders)
 */
export function table(caption, columns, options = {}) {
  const heads = columns.map((column) => head(column, options.sort));
  const body = h('tbody', {}, blankRows(columns.length, options.blank));
  const foot = h('tfoot', {});
  const element = h('table', {},
    h('caption', { class: 'sr' }, caption), h('thead', {}, h('tr', {}, heads)), body, foot);
  return {
    element: h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, element),
    show(rows, total) {
      fill(body, rows.map((row) =>
        h('tr', options.row?.(row) ?? {}, columns.map((column) => cell(column, column.cell(row))))));
      fill(foot, total && h('tr', {}, columns.map((column) => cell(column, column.total?.(total) ?? ''))));
    },
    sorted(key, order) {
      columns.forEach((column, i) => {
        if (column.key) {
          const mine = column.key === key;
          heads[i].setAttribute('aria-sort', mine ? (order === 'asc' ? 'ascending' : 'descending') : 'none');
        }
      });
    },
  };
}

function classOf(column) {
  return [column.number && 'number', column.wide && 'wide', column.className].filter(Boolean).join(' ') || null;
}

function head(column, sort) {
  const attributes = { scope: 'col', class: classOf(column), title: column.hint };
  if (!column.key) {
    return h('th', attributes, column.head ?? column.name);
  }
  return h('th', { ...attributes, 'aria-sort': 'none' },
    h('button', { type: 'button', class: 'sort', data: { sort: column.key }, on: { click: () => sort(column.key) } },
      column.name, h('span', { class: 'arrow', 'aria-hidden': 'true' })));
}

function cell(column, content) {
  return h(column.rowHead ? 'th' : 'td', { class: classOf(column), scope: column.rowHead && 'row' }, content);
}

/** Names and values below each other. */
export function pairs(entries, attributes = {}) {
  return h('dl', { class: 'pairs', ...attributes },
    entries.filter(Boolean).map(([name, value, data]) =>
      h('div', { data: data ?? {} }, h('dt', {}, name), h('dd', {}, value))));
}
