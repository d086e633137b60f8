// The figures that the manual names, against the code: each sentence is made anew from the constants, and must be on its page word for
// word.
import { describe, expect, test } from 'bun:test'
import { page, readme, texts } from './_manual.ts'
import { PROMPT_TOKENS } from '../src/apis/ask.ts'
import { MOST_CONTAINERS, MOST_DEPTH, MOST_VALUES } from '../src/apis/bounds.ts'
import { marks } from '../src/apis/marks.ts'
import { readSettings } from '../src/config/config.ts'
import { formatCount } from '../src/config/format.ts'
import { maxCv } from '../src/config/jitter.ts'
import { faultKinds } from '../src/config/faults.ts'
import { options } from '../src/config/options.ts'
import { RATE_DECIMALS } from '../src/config/patterns.ts'
import { profiles } from '../src/config/profiles.ts'
import { textSizes } from '../src/config/texts.ts'
import { STOP_MS } from '../src/fleet/banner.ts'
import { LEAST_RSA_BITS } from '../src/fleet/certificate.ts'
import { PATIENCE_MS as ANSWER_MS } from '../src/fleet/collector.ts'
import { DEATH_WINDOW_MS, MAX_DEATHS } from '../src/fleet/deaths.ts'
import { ASK_MS, KILL_AFTER_MS } from '../src/fleet/fleet.ts'
import { PERIOD_MS } from '../src/fleet/live.ts'
import { SAME_SIGNAL_MS } from '../src/fleet/signals.ts'
import { drawSchedules, quantile } from '../src/replies/timing.ts'
import { MOST_BODY_BYTES } from '../src/server/budget.ts'
import { MOST_KEPT_BYTES } from '../src/server/decks.ts'
import { MOST_PARSED_BYTES } from '../src/server/desk.ts'
import { UNREAD_BYTES } from '../src/server/engines/bun.ts'
import { HEAD_MS, MOST_AHEAD_BYTES } from '../src/server/engines/connection.ts'
import { BODY_SILENCE_MS, BODY_STALL_LASTING_MS, BODY_STALL_MS } from '../src/server/engines/engine.ts'
import { PATIENCE_MS as HALF_SENT_MS } from '../src/server/engines/stop.ts'
import { EARLY_MS } from '../src/server/scheduler.ts'
import { WARM_MS } from '../src/server/warmup.ts'
import { MOST_LEAVINGS } from '../src/stats/leavings.ts'
import { BOUNDS } from '../src/stats/prometheus.ts'
import { MOST_LEDGERS } from '../src/stats/tally.ts'
import { MOST_SECONDS } from '../src/stats/timeline.ts'
import { MOST_KEPT } from '../src/stats/unrouted.ts'
import { BUSY, FEW_EVENTS, NEARLY_ALL, toleranceMs } from '../src/stats/verdict.ts'

/** A page in one line, without the marks of its lists. */
const lineOf = (text: string): string => text.replace(/\n\s*- /g, ' ').replace(/\s+/g, ' ')

const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const wordOf = (count: number): string => (count === 16 ? 'sixteen' : (words[count] ?? String(count)))
const parts: Readonly<Record<number, string>> = {
  0.5: 'half a millisecond',
  250: 'a quarter of a second',
  500: 'half a second',
  1000: 'a second',
  60_000: 'a minute',
}
const inWords = (ms: number): string => parts[ms] ?? `${wordOf(ms / 1000)} seconds`
const megabytes = (bytes: number): string => `${bytes / (1 << 20)} MB`
const kibibytes = (bytes: number): string => `${bytes / (1 << 10)} KiB`
const percent = (share: number): string => `${share * 100} %`

const usual = readSettings({}, {})
/** How many different replies a deck has where they have so many chunks. */
const drawn = (chunkCount: number): number =>
  drawSchedules(readSettings({ chunkCount: String(chunkCount), ttftJitter: 'normal:0.1' }, {})).length
const last = readSettings({ chunkDelayMs: '70' }, {})

/** By the page on which they stand. */
const figures: Readonly<Record<string, readonly string[]>> = {
  README: [
    `${usual.chunkCount + 2} events arrive within ${(usual.ttftMs + usual.chunkCount * usual.chunkDelayMs) / 1000} seconds`,
    `${Object.keys(faultKinds).length} kinds are in [faults]`,
  ],
  timing: [
    `(\`--ttft-ms\`, by default d) | ${usual.ttftMs} ms |`,
    `| ${usual.ttftMs + (usual.chunkCount - 1) * usual.chunkDelayMs} ms for the last |`,
    `| ${usual.ttftMs + usual.chunkCount * usual.chunkDelayMs} ms |`,
    `cut off at ${quantile({ model: 'normal', cv: 1 }, 0.001, 1)} and ${quantile({ model: 'normal', cv: 1 }, 0.999, 1)} of the mean; CV up to ${maxCv.normal} |`,
    `as measured delays are; CV up to ${maxCv.lognormal} |`,
    `from mean·(1 − √3·CV) to mean·(1 + √3·CV); CV up to ${maxCv.uniform} |`,
    `A deck has ${drawn(255)} replies where they have up to 255 chunks, ${drawn(1000)} for 1,000, ${drawn(5000)} for 5,000 and never fewer than ${drawn(1_000_000)}`,
  ],
  options: [
    `A second one (${inWords(SAME_SIGNAL_MS)} later or more) ends at once`,
    `A request that is half sent is waited for ${inWords(HALF_SENT_MS)} at most`,
    `the grace period of ${usual.graceMs / 1000} s leaves time for summary and report before \`docker stop\` kills, after ${STOP_MS / 1000} s`,
    `serve ${WARM_MS / 1000} s sooner`,
  ],
  'how-it-works': [
    `${wordOf(MAX_DEATHS)} deaths in ${inWords(DEATH_WINDOW_MS)} end the program`,
    `it answers itself for ${WARM_MS / 1000} s`,
    `what is due within the next ${inWords(EARLY_MS).replace(' a ', ' ')} is sent now`,
  ],
  numbers: [
    `one that does not answer within ${inWords(ANSWER_MS)} (\`missing\`) or has died (\`workers.lost\`) the numbers of at most ${inWords(ASK_MS)} before are used`,
    `as a line once ${inWords(PERIOD_MS)} on a terminal`,
    `\`sequence@unix-microseconds \`: ${wordOf(marks.stamp.text.indexOf('@'))} digits, \`@\`, ${wordOf(marks.stamp.text.length - marks.stamp.text.indexOf('@') - 2)} digits and a space`,
    `names the last ${wordOf(MOST_KEPT)} of those that no route took`,
    `are the last ${formatCount(MOST_LEAVINGS)} clients that left before their reply was over`,
    `replies that requests made up (${megabytes(MOST_KEPT_BYTES)} a worker;`,
    `is reading (${megabytes(MOST_BODY_BYTES)};`,
    `at most ${percent(toleranceMs(last)! / last.chunkDelayMs)} of the smaller of TTFT and chunk delay`,
    `or ${toleranceMs(readSettings({ chunkDelayMs: '1' }, {}))} ms if that is more`,
    `a worker that used ${percent(BUSY)} of a CPU in its busiest second`,
    `Fewer than ${FEW_EVENTS} events are too few to judge`,
    `What is early (by at most ${inWords(EARLY_MS)})`,
    `when ${percent(NEARLY_ALL)} of the limit were used`,
  ],
  formats: [
    `Bodies over ${megabytes(MOST_PARSED_BYTES)} (or \`--max-body-bytes\`) then get 413; more than ${MOST_DEPTH} levels, ${formatCount(MOST_CONTAINERS)} objects and arrays, or ${MOST_VALUES / 1e6} million values get 400. All bodies that are being read share ${megabytes(MOST_BODY_BYTES)} per worker, and what requests ask for ${megabytes(MOST_KEPT_BYTES)} once it is prepared.`,
    `| \`--text short\` | chunks of ${wordOf(textSizes.short)} byte |`,
    `| \`--text long\` | chunks of ${textSizes.long} bytes |`,
    `A chunk counts as a token, and a prompt as ${wordOf(PROMPT_TOKENS)}`,
    `(\`chatcmpl-mock\` and ${wordOf(marks.id.text.length - 'mock'.length)} digits)`,
  ],
  security: [
    `parses them (up to ${megabytes(MOST_PARSED_BYTES)} each; \`--max-body-bytes\` sets less)`,
    `first HTTP/1.1 request is dropped after ${HEAD_MS / 1000} to 12 s`,
    `**Bound by default** is ${options.listen.default}, and nothing else.`,
  ],
  engines: [
    `has been silent for ${inWords(BODY_STALL_MS)} (nginx stops sending when a reply has begun); on engine \`bun\` ${wordOf(BODY_STALL_LASTING_MS / 1000)}, where`,
    `${BODY_SILENCE_MS / 1000} s of silence end the connection`,
    `bodies that could be cut: over ${kibibytes(UNREAD_BYTES + 1)} or of unknown length`,
    `at most ${kibibytes(MOST_AHEAD_BYTES)} are read ahead`,
    `less than ${kibibytes(UNREAD_BYTES + 1)} hide it`,
    `| dropped after ${HEAD_MS / 1000} s |`,
  ],
  faults: [
    `Rates have their % and up to ${wordOf(RATE_DECIMALS)} decimals`,
    `${MOST_LEDGERS} patterns have an account of their own`,
    `the requests of the last ${inWords(MOST_SECONDS * 1000).slice(2)}`,
  ],
  transports: [
    `an RSA key under ${LEAST_RSA_BITS} bits`,
    `by default (${options.socketMode.default}) the user who started the mock`,
  ],
}

test.each(Object.entries(figures))('%s', (name, sentences) => {
  const text = lineOf(name === 'README' ? readme : page(name))
  for (const sentence of sentences) expect(text).toContain(sentence)
})

test('255 chunks are the most with a whole deck', () => expect(drawn(256)).toBeLessThan(drawn(255)))

test('the grace period, and what a worker has after it, end before a container is killed', () =>
  expect(usual.graceMs + KILL_AFTER_MS).toBeLessThan(STOP_MS))

test('the buckets of /metrics are as narrow as it says, and lie where it says', () => {
  expect(lineOf(page('numbers'))).toContain('are less than 10 % wide from 1 ms to 60 s')
  const from = BOUNDS.findLastIndex((seconds) => seconds <= 0.001)
  const to = BOUNDS.findIndex((seconds) => seconds >= 60)
  expect([from >= 0, to > from]).toEqual([true, true])
  for (let i = from; i < to; i++) expect(BOUNDS[i + 1]! / BOUNDS[i]!).toBeLessThan(1.1)
})

describe('profiles', () => {
  const columns = page('timing').matchAll(
    /\| `([\w-]+)` +\| ([^|]+?) +\| \[[^\]]+\]\((https:[^)]+)\)([^|]*)\|/g,
  )
  const rows = [...columns].map(([, name, what, source, more]) => ({ name, what, source, more }))

  test('are those of the page, with what they imitate and where from', () => {
    const expected = Object.entries(profiles).map(([name, { what, source }]) => [
      name,
      what,
      source.split(' (')[0],
    ])
    expect(rows.map(({ name, what, source }) => [name, what, source])).toEqual(expected)
    for (const { name, more } of rows)
      expect(more).toContain(/\d{4}-\d\d-\d\d/.exec(profiles[name as keyof typeof profiles].source)![0])
  })

  /** What `what` says is published: the median TTFT, and the time per token. */
  const published = (what: string): { ttftMs: number; tokenMs: number } => {
    const [, seconds, ms] = /(?:([\d.]+) s\b|: ([\d.]+) ms)/.exec(what)!
    const [, perSecond, perToken] = /(?:([\d.]+) tokens\/s|([\d.]+) ms per token)/.exec(what)!
    return {
      ttftMs: seconds === undefined ? Number(ms) : Number(seconds) * 1000,
      tokenMs: perSecond === undefined ? Number(perToken) : 1000 / Number(perSecond),
    }
  }

  test.each(Object.entries(profiles))('%s follows from what is published', (_, { what, settings }) => {
    const { ttftMs, tokenMs } = published(what)
    const config = readSettings(settings, {})
    // A median of a lognormal distribution: the mean is larger by √(1 + CV²).
    const { ttftJitter: jitter } = config
    const mean = ttftMs * Math.sqrt(1 + ('cv' in jitter ? jitter.cv : 0) ** 2)
    expect(Math.abs(config.ttftMs / mean - 1)).toBeLessThan(0.015)
    expect(Math.abs(config.chunkDelayMs / tokenMs - 1)).toBeLessThan(0.01)
  })

  test('their jitter is lognormal, of a CV as the page says', () => {
    const jitters = Object.values(profiles).flatMap(({ settings }) => {
      const { ttftJitter, chunkDelayJitter } = readSettings(settings, {})
      return [ttftJitter, chunkDelayJitter]
    })
    expect(new Set(jitters.map(({ model }) => model))).toEqual(new Set(['lognormal']))
    const cvs = jitters.map((jitter) => ('cv' in jitter ? jitter.cv : 0))
    expect(lineOf(page('timing'))).toContain(
      `Its CV (${Math.min(...cvs)} to ${Math.max(...cvs)}) is our choice`,
    )
  })
})

test('every default that a sentence names is that of the table', () => {
  const named = [...texts.values()].flatMap((text) => [
    ...text.matchAll(/`--([a-z-]+) (\w+)` is the default/g),
  ])
  expect(named.map(([, flag]) => flag!).toSorted()).toEqual(['content', 'reply', 'text'])
  for (const [, flag, value] of named) {
    const name = flag!.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof typeof options
    expect([flag, options[name].default]).toEqual([flag, value!])
  }
})
