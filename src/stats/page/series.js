// The numbers of the page: what happened between two answers of /stats?buckets, and how it is told. It knows nothing of the browser.
// It is the first of four scripts that are put together: charts.js, copying.js and live.js use what is defined before them.

/** Of values and how often each came, one pair after the other by rising value: what came since `before`. */
function subtractBuckets(after, before) {
  const known = new Map()
  for (let i = 0; i < before.length; i += 2) known.set(before[i], before[i + 1])
  const found = []
  for (let i = 0; i < after.length; i += 2) {
    const times = after[i + 1] - (known.get(after[i]) ?? 0)
    if (times > 0) found.push(after[i], times)
  }
  return found
}

/** The value that a share (0 … 1) of all does not exceed; null where there is none. */
function percentileOf(buckets, share) {
  let count = 0
  for (let i = 1; i < buckets.length; i += 2) count += buckets[i]
  const rank = Math.max(1, Math.ceil(share * count))
  let seen = 0
  for (let i = 0; i < buckets.length; i += 2) {
    seen += buckets[i + 1]
    if (seen >= rank) return buckets[i]
  }
  return null
}

function faultsDealt({ faults }) {
  return faults.reduce((sum, { dealt }) => sum + dealt, 0)
}

/** Answers with a status that tells of an error. */
function errorsAnswered({ requests }) {
  return requests.byRoute
    .filter(({ status }) => status >= 400)
    .reduce((sum, { requests: count }) => sum + count, 0)
}

/**
 * What stands between two reports: `restart` where they are of two runs, `reset` where of two measuring windows, `pause` where too long
 * a time passed for one point, else `nothing`.
 */
function breakBetween(before, after) {
  if (before.startedAt !== after.startedAt) return 'restart'
  if (windowStart(after) > windowStart(before) + ROUNDING_SECONDS || after.sent.events < before.sent.events)
    return 'reset'
  return after.uptimeSeconds - before.uptimeSeconds > LONGEST_SECONDS ? 'pause' : 'nothing'
}

/** When the measuring window began, in seconds after the start. A worker that died and was replaced may let it begin later. */
function windowStart({ uptimeSeconds, windowSeconds }) {
  return uptimeSeconds - windowSeconds
}

/** Both numbers are rounded, and taken one after the other. */
const ROUNDING_SECONDS = 0.2

/** More than so many seconds are no point of a line that has one a second. */
const LONGEST_SECONDS = 5

/** What happened between two reports of one measuring window; undefined when no time has passed. */
function pointBetween(before, after) {
  const seconds = after.uptimeSeconds - before.uptimeSeconds
  if (seconds <= 0) return undefined
  const buckets = (name) => subtractBuckets(after.buckets[name], before.buckets[name])
  const [ttft, late, whole] = [buckets('ttftMs'), buckets('latenessMs'), buckets('wholeMs')]
  return {
    requests: (after.requests.total - before.requests.total) / seconds,
    events: (after.sent.events - before.sent.events) / seconds,
    faults: (faultsDealt(after) - faultsDealt(before)) / seconds,
    errors: (errorsAnswered(after) - errorsAnswered(before)) / seconds,
    open: after.requests.open,
    busy: Math.max(0, ...after.busy.perWorker.map(({ last }) => last)),
    ttftP50: percentileOf(ttft, 0.5),
    ttftP99: percentileOf(ttft, 0.99),
    lateP50: percentileOf(late, 0.5),
    lateP99: percentileOf(late, 0.99),
    wholeP50: percentileOf(whole, 0.5),
    wholeP99: percentileOf(whole, 0.99),
  }
}

/** What happened at an upstream between two reports; undefined where one of them does not tell. */
function pointOfUpstream(name, before, after) {
  const [earlier, later] = [before, after].map((report) => report?.upstreams?.[name])
  if (earlier === undefined || later === undefined) return undefined
  return pointBetween({ ...before, ...earlier }, { ...after, ...later })
}

/** Where clients find an upstream, seen from a page at `place`, the location of a browser. */
function baseUrlOf({ listen, prefix }, place) {
  const isHere = listen === null || /^[0.:]*$/.test(listen.host)
  const host = isHere ? place.hostname : listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return `${place.protocol}//${listen === null ? place.host : `${host}:${listen.port}`}${prefix}`
}

/** Which phase is in force: the second of three, since 30 s after the start. */
function describePhase({ phase, phases }) {
  if (phases === undefined) return ''
  const { afterMs } = phases[phase]
  return `${phase + 1} of ${phases.length} (from ${afterMs === 0 ? 'the start' : formatMs(afterMs)})`
}

/** What the page was made for: not what changes by itself, from phase to phase. */
function settingsOf({ config, phases, prefix, upstreams = {} }) {
  const others = Object.entries(upstreams).map(([name, upstream]) => [name, settingsOf(upstream)])
  return [prefix, phases === undefined ? config : phases.map(({ afterMs }) => afterMs), others]
}

// As the summary tells them.

function formatVerdict({ about, kept }) {
  if (about === null) return '–'
  return about === 'schedule' ? (kept ? 'kept' : 'not kept') : kept ? 'not saturated' : 'saturated'
}

function formatCount(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function formatMs(ms) {
  return ms < 1000 ? `${Number(ms.toPrecision(4))} ms` : `${Number((ms / 1000).toPrecision(4))} s`
}

function formatPercent(share) {
  return `${Math.round(share * 100)} %`
}
