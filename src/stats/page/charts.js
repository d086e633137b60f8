// The charts of the page: a line for each of a few numbers, over the last minutes. Behind series.js, whose formats it uses.

/** So many are shown at least, and kept at most. */
const LEAST_SECONDS = 60
const MOST_SECONDS = 300
const CHART_HEIGHT = 150
/** Of ms as of streams: what is less looks like little. */
const LEAST_RANGE = 2
const CHART_FONT = '12px system-ui, sans-serif'

/** Of what is counted: 1, 2, 5, 10, 20 and so on. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat()

/** What is drawn. A rare chart is there when one of its numbers is not 0; colours are those of the style. */
const charts = [
  { title: 'Requests per second', format: formatCount, lines: [['requests', 'requests/s', 1]] },
  { title: 'Events per second', format: formatCount, lines: [['events', 'events/s', 3]] },
  { title: 'Open streams', format: formatCount, lines: [['open', 'open', 4]] },
  {
    title: 'TTFT: from a request to its first event',
    format: formatMs,
    lines: [
      ['ttftP50', 'p50', 1],
      ['ttftP99', 'p99', 2],
    ],
  },
  {
    title: 'Lateness: how late events were written',
    format: formatMs,
    lines: [
      ['lateP50', 'p50', 1],
      ['lateP99', 'p99', 2],
    ],
  },
  {
    title: 'Whole answers: from a request to all of one',
    format: formatMs,
    isRare: true,
    lines: [
      ['wholeP50', 'p50', 1],
      ['wholeP99', 'p99', 2],
    ],
  },
  { title: 'Faults dealt per second', format: formatRate, isRare: true, lines: [['faults', 'faults/s', 2]] },
]

/** Few a second are no whole number. */
function formatRate(perSecond) {
  return perSecond < 100 ? String(Number(perSecond.toFixed(1))) : formatCount(perSecond)
}

/** Unix seconds, and what was known at each; undefined where a line is to break off. */
const times = []
const points = []

function colourOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

function clockText(seconds) {
  return new Date(seconds * 1000).toTimeString().slice(0, 8)
}

function chartOptions({ format, lines }, width) {
  const axis = {
    stroke: colourOf('--quiet'),
    font: CHART_FONT,
    grid: { stroke: colourOf('--grid'), width: 1 },
    ticks: { stroke: colourOf('--rule'), width: 1, size: 4 },
  }
  return {
    width,
    height: CHART_HEIGHT,
    scales: {
      x: { range: (_plot, min, max) => [max - Math.max(max - min, LEAST_SECONDS), max] },
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, LEAST_RANGE)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        values: (_plot, splits) => splits.map(clockText),
        incrs: [15, 30, 60, 120],
      },
      {
        ...axis,
        space: 28,
        ...(format !== formatMs && { incrs: WHOLE_STEPS }),
        values: (_plot, splits) => splits.map((value) => format(value)),
        size: (_plot, labels) => 14 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
      },
    ],
    // A cursor in one is a cursor in all.
    cursor: { y: false, sync: { key: 'time' } },
    legend: { markers: { width: (_plot, i) => (i === 0 ? 0 : 3) } },
    series: [
      { label: '\u00a0', value: (_plot, seconds) => (seconds === null ? '' : clockText(seconds)) },
      ...lines.map(([, label, colour]) => ({
        label,
        stroke: colourOf(`--line-${colour}`),
        width: 1.5,
        value: (_plot, value) => (value === null ? '' : format(value)),
      })),
    ],
  }
}

function chartData({ lines }) {
  return [times, ...lines.map(([name]) => points.map((point) => point?.[name] ?? null))]
}

const drawn = charts.map((chart) => {
  const figure = document.createElement('figure')
  const caption = document.createElement('figcaption')
  caption.textContent = chart.title
  figure.append(caption)
  figure.hidden = chart.isRare === true
  document.getElementById('charts').append(figure)
  return { chart, figure, plot: undefined }
})

/** Draws what is to be seen: plots that are there get the new data. */
function drawCharts() {
  for (const one of drawn) {
    const { chart, figure } = one
    if (figure.hidden) {
      if (!points.some((point) => chart.lines.some(([name]) => point?.[name] > 0))) continue
      figure.hidden = false
    }
    if (one.plot === undefined)
      one.plot = new uPlot(chartOptions(chart, figure.clientWidth), chartData(chart), figure)
    else one.plot.setData(chartData(chart))
  }
}

/** Adds a point, or with undefined a gap. */
function addPoint(seconds, point) {
  times.push(seconds)
  points.push(point)
  while (times[0] < seconds - MOST_SECONDS) {
    times.shift()
    points.shift()
  }
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const { plot } = drawn.find(({ figure }) => figure === target)
    if (target.clientWidth > 0) plot?.setSize({ width: target.clientWidth, height: CHART_HEIGHT })
  }
})
for (const { figure } of drawn) resized.observe(figure)

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const one of drawn) {
    one.plot?.destroy()
    one.plot = undefined
  }
  drawCharts()
})
