// Charts on canvas, by Chart.js. Names that came with the data are drawn, so they cannot be markup.
const { Chart } = window;

const SERIES = 9;

/** The colours of the present theme. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    series: Array.from({ length: SERIES }, (_, i) => read(`--c${i + 1}`)),
    text: read('--muted'), strong: read('--text'), line: read('--line'), surface: read('--surface'),
    accent: read('--accent'), soft: read('--accent-soft'),
  };
}

/** The class that colours what stands beside a series: the last is that of all others. */
export function seriesClass(index, other) {
  return `c${other ? SERIES : Math.min(index, SERIES - 2) + 1}`;
}

function frame(colour, extra) {
  return {
    responsive: true,
    maintainAspectRatio: false,
    // Nothing moves: figures that jump are hard to read, and some viewers must not have it.
    animation: false,
    normalized: true,
    ...extra,
    plugins: {
      legend: { display: false },
      ...extra.plugins,
      tooltip: {
        backgroundColor: colour.surface, titleColor: colour.strong, bodyColor: colour.strong,
        footerColor: colour.text, borderColor: colour.line, borderWidth: 1, padding: 10,
        boxWidth: 10, boxHeight: 10, boxPadding: 4, cornerRadius: 8, usePointStyle: false,
        ...extra.plugins.tooltip,
      },
    },
  };
}

function axis(colour, extra) {
  return {
    border: { display: false },
    ...extra,
    grid: { color: colour.line, drawTicks: false, ...extra.grid },
    ticks: { color: colour.text, padding: 6, font: { size: 12 }, maxRotation: 0, ...extra.ticks },
  };
}

/** Bars of some groups on top of each other. */
export class StackedBars {
  #chart = null;
  #shown = null;

  /** @param pick told of the index of the group whose bar was clicked */
  constructor(canvas, pick) {
    this.canvas = canvas;
    this.pick = pick;
    this.redraw = () => this.#shown && this.show(this.#shown);
    addEventListener('themechange', this.redraw);
  }

  /**
   * @param data `slots` (each with `label`, `title`, `mark`: whether its label may stand), `groups` (each with
   *   `label`, `values`, `other`, `fixed`: cannot be clicked), `unit` (a value with its unit), `axisUnit`
   */
  show(data) {
    this.#shown = data;
    this.#chart?.destroy();
    this.#chart = new Chart(this.canvas, this.#config(data, colours()));
  }

  #config(data, colour) {
    return {
      type: 'bar',
      data: {
        labels: data.slots.map((slot) => slot.label),
        datasets: data.groups.map((group, i) => ({
          label: group.label,
          data: group.values,
          backgroundColor: colour.series[group.other ? SERIES - 1 : Math.min(i, SERIES - 2)],
          maxBarThickness: 44,
          categoryPercentage: 0.92,
          barPercentage: 0.92,
        })),
      },
      options: frame(colour, {
        scales: {
          x: axis(colour, {
            stacked: true,
            grid: { display: false },
            ticks: { autoSkipPadding: 18 },
            afterBuildTicks: (scale) => {
              const marked = scale.ticks.filter((tick) => data.slots[tick.value]?.mark);
              scale.ticks = marked.length > 1 ? marked : scale.ticks;
            },
          }),
          y: axis(colour, {
            stacked: true, beginAtZero: true,
            ticks: { maxTicksLimit: 5, callback: (value) => data.axisUnit(value) },
          }),
        },
        onClick: (event, _, chart) => {
          const [hit] = chart.getElementsAtEventForMode(event.native, 'nearest', { intersect: true }, false);
          if (hit && !data.groups[hit.datasetIndex].fixed) {
            this.pick(hit.datasetIndex);
          }
        },
        onHover: (event, hits) => {
          const bar = hits.length > 0 && !data.groups[hits[0].datasetIndex].fixed;
          this.canvas.style.cursor = bar ? 'pointer' : 'default';
        },
        interaction: { mode: 'nearest', intersect: true },
        plugins: {
          tooltip: {
            mode: 'index', intersect: false,
            filter: (item) => item.raw > 0,
            itemSort: (a, b) => b.raw - a.raw,
            callbacks: {
              title: (items) => (items.length ? data.slots[items[0].dataIndex].title : ''),
              label: (item) => ` ${shortened(item.dataset.label)}  ${data.unit(item.raw)}`,
              footer: (items) => items.length > 1 ? `All  ${data.unit(items.reduce((sum, item) => sum + item.raw, 0))}` : '',
            },
          },
        },
      }),
    };
  }

  destroy() {
    removeEventListener('themechange', this.redraw);
    this.#chart?.destroy();
  }
}

function shortened(text) {
  const points = [...text];
  return points.length > 48 ? `${points.slice(0, 47).join('')}…` : text;
}

/** Times that read well: every ten minutes, or every minute of a short while. */
function roundTimes(from, to) {
  const step = to - from > 1_800_000 ? 600_000 : 60_000;
  const times = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    times.push(time);
  }
  return times;
}

/** One figure over time; null is a gap, for it is not known. */
export class Line {
  #chart = null;
  #shown = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.redraw = () => this.#shown && this.#draw(this.#shown);
    addEventListener('themechange', this.redraw);
  }

  /** @param data `points` (each `x` in milliseconds, and `y`), `unit`, `clock` (a time in few words), `from`, `to` */
  show(data) {
    const before = this.#shown;
    this.#shown = data;
    if (!this.#chart || !before) {
      this.#draw(data);
      return;
    }
    this.#chart.data.datasets[0].data = data.points;
    Object.assign(this.#chart.options.scales.x, { min: data.from, max: data.to });
    this.#chart.update('none');
  }

  #draw(data) {
    const colour = colours();
    this.#chart?.destroy();
    this.#chart = new Chart(this.canvas, {
      type: 'line',
      data: {
        datasets: [{
          data: data.points, borderColor: colour.accent, backgroundColor: colour.soft, fill: 'origin',
          borderWidth: 1.75, pointRadius: 0, pointHitRadius: 12, pointHoverRadius: 3, tension: 0, spanGaps: false,
        }],
      },
      options: frame(colour, {
        parsing: false,
        interaction: { mode: 'index', intersect: false },
        scales: {
          x: axis(colour, {
            type: 'linear', min: data.from, max: data.to, grid: { display: false },
            ticks: { autoSkipPadding: 24, callback: (value) => data.clock(value) },
            afterBuildTicks: (scale) => {
              scale.ticks = roundTimes(scale.min, scale.max).map((value) => ({ value }));
            },
          }),
          y: axis(colour, {
            beginAtZero: true, suggestedMax: data.least,
            ticks: { maxTicksLimit: 4, precision: 0, callback: (value) => data.unit(value) },
          }),
        },
        plugins: {
          tooltip: {
            displayColors: false,
            callbacks: {
              title: (items) => (items.length ? data.clock(items[0].parsed.x, true) : ''),
              label: (item) => data.unit(item.parsed.y),
            },
          },
        },
      }),
    });
  }

  destroy() {
    removeEventListener('themechange', this.redraw);
    this.#chart?.destroy();
  }
}
