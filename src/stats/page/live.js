// Asks for the numbers once a second while somebody looks, and shows them: with series.js and charts.js, which stand before it.
const PERIOD_MS = 1000
const PATIENCE_MS = 5000

const find = (id) => document.getElementById(id)
const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}

const tiles = {
  requests: ({ requests }) => formatRate(requests),
  events: ({ events }) => formatCount(events),
  open: ({ open }) => formatCount(open),
  ttftP50: ({ ttftP50 }) => formatKnown(ttftP50),
  ttftP99: ({ ttftP99 }) => formatKnown(ttftP99),
  lateP99: ({ lateP99 }) => formatKnown(lateP99),
  busy: ({ busy }) => formatPercent(busy),
}

function formatKnown(ms) {
  return ms === null || ms === undefined ? '–' : formatMs(ms)
}

function showTiles(point) {
  for (const [name, tell] of Object.entries(tiles))
    setText(find(`tile-${name}`), point === undefined ? '–' : tell(point))
}

/** How the mock is: the text is read aloud when it changes. */
function showState(state, text) {
  find('state').className = state
  setText(find('state'), text)
}

function showRun({ version, commit, engine, workers, uptimeSeconds }) {
  const count = workers.expected === 1 ? '1 worker' : `${workers.expected} workers`
  const started = clockText(Date.now() / 1000 - uptimeSeconds)
  setText(
    find('run'),
    `${version}${commit === null ? '' : ` (${commit})`}, engine ${engine}, ${count}, started at ${started}`,
  )
}

function showVerdict({ verdict, windowSeconds, workers }) {
  const since = clockText(Date.now() / 1000 - windowSeconds)
  find('verdict').className = verdict.kept === null ? '' : verdict.kept ? 'good' : 'bad'
  setText(find('verdict'), verdict.sentence)
  const { missing, lost } = workers
  const gone = [
    ...(missing > 0 ? [`${missing} of ${workers.expected} workers did not answer`] : []),
    ...(lost > 0 ? [`workers that died: ${lost}`] : []),
  ]
  setText(find('since'), [`That is about everything since ${since}`, ...gone].join('; '))
}

/** Cells stand as the headings of their columns do. */
function showTable(id, rows) {
  find(id).hidden = rows.length === 0
  const kinds = [...find(id).querySelectorAll('th')].map(({ className }) => className)
  find(id)
    .querySelector('tbody')
    .replaceChildren(
      ...rows.map((cells) => {
        const row = document.createElement('tr')
        row.append(
          ...cells.map((cell, i) => {
            const element = document.createElement('td')
            element.append(typeof cell === 'number' ? formatCount(cell) : cell)
            element.className = kinds[i]
            return element
          }),
        )
        return row
      }),
    )
}

function showTables({ requests, faults }) {
  const rows = requests.byRoute.map(({ route, status, requests: count }) => [
    route,
    status === 0 ? 'none' : String(status),
    count,
  ])
  showTable('routes', rows)
  find('no-routes').hidden = rows.length > 0
  setText(
    find('unrouted'),
    requests.unrouted.length === 0 ? '' : `Not served: ${requests.unrouted.join(', ')}`,
  )
  showTable(
    'faults',
    faults.map((fault) => [
      fault.pattern,
      fault.dealt,
      fault.completed,
      fault.leftBeforeFirstEvent + fault.leftMidStream,
    ]),
  )
}

/** Each has a page of its own at its base URL. */
function linkTo(url) {
  const link = document.createElement('a')
  link.href = `${url}/`
  link.textContent = url
  return link
}

/** Of the last second, but for the verdict. */
function showUpstreams(earlier, report) {
  const rows = Object.entries(report.upstreams ?? {}).map(([name, upstream]) => {
    const point = pointOfUpstream(name, earlier, report)
    return [
      name,
      linkTo(baseUrlOf(upstream, location)),
      describePhase(upstream),
      formatVerdict(upstream.verdict),
      point === undefined ? '–' : formatRate(point.requests),
      point === undefined ? '–' : formatRate(point.errors),
      upstream.requests.open,
      formatKnown(point?.ttftP50),
      formatKnown(point?.lateP99),
    ]
  })
  showTable('upstreams', rows)
}

const notes = {
  restart: 'the mock was started again: its numbers begin anew',
  reset: 'a new measuring window began',
}

/** The last report, the settings that this page was made for, and since when nothing has come. */
let before
let settings
let lostAt

function show(report) {
  lostAt = undefined
  const nowSeconds = Date.now() / 1000
  const between = before === undefined ? 'pause' : breakBetween(before, report)
  if (between in notes) setText(find('note'), `At ${clockText(nowSeconds)} ${notes[between]}.`)
  const earlier = between === 'nothing' ? before : undefined
  const point = earlier && pointBetween(earlier, report)
  before = report
  const told = JSON.stringify(settingsOf(report))
  find('changed').hidden = told === (settings ??= told)
  addPoint(nowSeconds, point)
  showState('live', 'Live')
  showTiles(point)
  showRun(report)
  showVerdict(report)
  showUpstreams(earlier, report)
  showTables(report)
  drawCharts()
}

function showLoss() {
  lostAt ??= clockText(Date.now() / 1000)
  showState('lost', `Not reachable since ${lostAt}`)
  showTiles(undefined)
  addPoint(Date.now() / 1000, undefined)
  drawCharts()
}

let timer
let isAsking = false

async function askStats() {
  const response = await fetch('/stats?buckets', { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new Error(`it answered ${response.status}`)
  return response.json()
}

async function ask() {
  const askedMs = performance.now()
  isAsking = true
  const report = await askStats().catch(() => undefined)
  isAsking = false
  if (report === undefined) showLoss()
  else show(report)
  if (!document.hidden) timer = setTimeout(ask, Math.max(0, askedMs + PERIOD_MS - performance.now()))
}

/** Nobody looks: nothing is asked. */
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer)
  if (!document.hidden && !isAsking) void ask()
})
void ask()
