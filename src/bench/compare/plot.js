// The script of the page, which holds it as text: draws each chart of the JSON into the figure of the same number.
const charts = JSON.parse(document.getElementById('data').textContent)
const figures = [...document.querySelectorAll('figure')]
const HEIGHT = 250
const FONT = '12px system-ui, sans-serif'
const COLOURS = 6
/** The next where the colours are used up: by the name that CSS has for it. */
const DASHES = { solid: [], dashed: [8, 4], dotted: [2, 3] }

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name)

function dashOf({ index }) {
  const names = Object.keys(DASHES)
  return names[Math.floor(Math.max(0, index - 1) / COLOURS) % names.length]
}

/** 1 → `90 %`, 2.5 → `99.684 %`: as many decimals as it takes to tell it from its neighbours. */
function formatNines(nines) {
  return `${Number((100 * (1 - 10 ** -nines)).toFixed(Math.floor(nines) + 1))} %`
}

function formatMs(ms) {
  return `${Number(ms.toPrecision(4))} ms`
}

/** Those that are wanted most, as far as there is room for their labels. */
function splitNines(plot, _axis, min, max) {
  const wanted = [1, 2, 3, 4, 5, Math.log10(2), 0, Math.log10(4)]
  const room = (56 * (max - min)) / (plot.bbox.width / devicePixelRatio)
  const splits = []
  for (const one of wanted)
    if (one >= min && one <= max && splits.every((other) => Math.abs(other - one) >= room)) splits.push(one)
  return splits.sort((a, b) => a - b)
}

/** 1, 2 and 5 times the powers of ten, or the powers alone where these are many. */
function splitMagnitudes(_plot, _axis, min, max) {
  const steps = max / min > 300 ? [1] : [1, 2, 5]
  const splits = []
  for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; power++)
    splits.push(...steps.map((step) => step * 10 ** power).filter((ms) => ms >= min && ms <= max))
  return splits
}

/** The cursor stands where values are; outside it is below zero. */
function snapToData(plot, left, top) {
  return left < 0 ? [left, top] : [plot.valToPos(plot.data[0][plot.posToIdx(left)], 'x'), top]
}

function optionsOf({ x, y, isLog, at, lines }, width) {
  const isNines = x === 'nines'
  const values = lines.flatMap(({ ms }) => ms).filter((ms) => ms !== null)
  const isFromZero = Math.min(...values) < Math.max(...values) / 2
  const axis = {
    stroke: colour('--quiet'),
    font: FONT,
    labelFont: FONT,
    labelSize: 18,
    labelGap: 2,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { stroke: colour('--rule'), width: 1, size: 4 },
  }
  return {
    width,
    height: HEIGHT,
    scales: {
      x: { time: false, range: (_plot, min, max) => (at.length > 1 ? [min, max] : [at[0], at[0] + 1]) },
      // There is no least and no largest value where all lines have been clicked away.
      y: isLog
        ? { distr: 3, range: (_plot, min, max) => [(min ?? 1) / 1.25, (max ?? 1) * 1.25] }
        : { range: { min: { pad: 0.1, soft: 0, mode: isFromZero ? 1 : 3 }, max: { pad: 0.1 } } },
    },
    axes: [
      {
        ...axis,
        label: isNines ? 'percentile' : 'chunk',
        size: 26,
        values: (_plot, splits) => splits.map(isNines ? formatNines : String),
        ...(isNines
          ? { splits: splitNines }
          : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }),
      },
      {
        ...axis,
        label: isLog ? `${y}, ms (logarithmic)` : `${y}, ms`,
        values: (_plot, splits) => splits.map((ms) => String(Number(ms.toPrecision(10)))),
        ...(isLog && { splits: splitMagnitudes, filter: (_plot, splits) => splits }),
        size: (_plot, labels) => 14 + 7 * Math.max(2, ...(labels ?? []).map((label) => label.length)),
      },
    ],
    cursor: { y: false, move: snapToData },
    legend: { markers: { width: (_plot, i) => (i === 0 ? 0 : 3), dash: (_plot, i) => dashOf(lines[i - 1]) } },
    series: [
      {
        label: '\u00a0',
        value: (_plot, one) => (one === null ? '' : isNines ? `at ${formatNines(one)}` : `chunk ${one}`),
      },
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(`--line-${line.index === 0 ? 0 : ((line.index - 1) % COLOURS) + 1}`),
        // Direct is broader and below: it can be seen where another line is the same.
        width: line.index === 0 ? 2.5 : 1.5,
        dash: DASHES[dashOf(line)],
        spanGaps: true,
        points: { show: line.ms.filter((one) => one !== null).length === 1 },
        value: (_plot, value) => (value === null ? '' : formatMs(value)),
      })),
    ],
  }
}

function draw(figure, chart) {
  const data = [chart.at, ...chart.lines.map(({ ms }) => ms)]
  return new uPlot(optionsOf(chart, figure.clientWidth), data, figure)
}

let plots = figures.map((figure, i) => draw(figure, charts[i]))

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries)
    plots[figures.indexOf(target)].setSize({ width: target.clientWidth, height: HEIGHT })
})
for (const figure of figures) resized.observe(figure)

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of plots) plot.destroy()
  plots = figures.map((figure, i) => draw(figure, charts[i]))
})
