// Deliberate faults in what makes the page at /, and chooses who gets it.
import type { Mutant } from './mutant.ts'

const ACCEPT = 'src/server/accept.ts'
const SERIES = 'src/stats/page/series.js'

/** In src/server. */
export const pageDesk: readonly Mutant[] = [
  {
    file: ACCEPT,
    from: 'return html > json',
    to: 'return html > 0',
    tests: ['test/server/accept.test.ts'],
    why: 'whoever takes JSON more gladly gets the page',
  },
  {
    file: ACCEPT,
    from: "return html > 0 && isNamed(ranges, 'text/html')",
    to: 'return html > 0',
    tests: ['test/server/accept.test.ts'],
    why: 'whoever takes anything gets the page',
  },
  {
    file: ACCEPT,
    from: "[`${type}/${subtype}`, `${type}/*`, '*/*']",
    to: "['*/*', `${type}/*`, `${type}/${subtype}`]",
    tests: ['test/server/accept.test.ts'],
    why: 'the star counts before the name',
  },
  {
    file: 'src/server/page.ts',
    from: "Vary: 'Accept',",
    to: '',
    tests: ['test/server/page.test.ts'],
    why: 'a cache gives the page to programs',
  },
  {
    file: 'src/server/page.ts',
    from: "hashesOf(html, 'style')",
    to: "hashesOf(html, 'script')",
    tests: ['test/server/page.test.ts'],
    why: 'a browser refuses the styles',
  },
  {
    file: 'src/server/desk.ts',
    from: 'if (route.page) pick = shown(pick, page)',
    to: 'pick = shown(pick, page)',
    tests: ['test/server/page.test.ts'],
    why: 'with --no-page there is a page',
  },
  {
    file: 'src/server/observe.ts',
    from: 'buckets === undefined ? report : withBuckets',
    to: '!buckets ? report : withBuckets',
    tests: ['test/server/page.test.ts', 'test/server/observeupstreams.test.ts'],
    why: 'buckets are told only where they have a value',
  },
]

/** In src/stats. */
export const pageNumbers: readonly Mutant[] = [
  {
    file: 'src/stats/buckets.ts',
    from: 'round(valueOf(number) / 1000, 3)',
    to: 'number / 1000',
    tests: ['test/stats/page/series.test.ts'],
    why: 'the number of a bucket is told as its value',
  },
  {
    file: SERIES,
    from: '- (known.get(after[i]) ?? 0)',
    to: '',
    tests: ['test/stats/page/series.test.ts'],
    why: 'a point is about all since the start',
  },
  {
    file: SERIES,
    from: 'Math.ceil(share * count)',
    to: 'Math.floor(share * count)',
    tests: ['test/stats/page/series.test.ts'],
    why: 'a percentile is a value too low',
  },
  {
    file: SERIES,
    from: 'windowStart(after) > windowStart(before) + ROUNDING_SECONDS ||',
    to: '',
    tests: ['test/stats/page/series.test.ts'],
    why: 'a reset of an idle mock is not noticed',
  },
  {
    file: SERIES,
    from: 'if (seconds <= 0) return undefined',
    to: '',
    tests: ['test/stats/page/series.test.ts'],
    why: 'rates of no time at all',
  },
  {
    file: 'src/stats/page/page.ts',
    from: '<code>${escape(endpoint)}</code>',
    to: '<code>${endpoint}</code>',
    tests: ['test/stats/page/page.test.ts'],
    why: 'what is served is taken for HTML',
  },
  {
    file: 'src/stats/page/page.ts',
    from: "config.tls && config.tlsCert === ''",
    to: 'config.tls',
    tests: ['test/stats/page/page.test.ts'],
    why: 'a certificate that was given is said to sign itself',
  },
  {
    file: 'src/stats/page/document.ts',
    from: ".replaceAll('<', '\\\\u003c')",
    to: '',
    tests: ['test/stats/page/page.test.ts', 'test/bench/compare/page.test.ts'],
    why: 'a name ends the script that it stands in',
  },
  {
    file: 'src/stats/page/clients.ts',
    from: "reply === 'json' ? `",
    to: 'false ? `',
    tests: ['test/clients/programs.test.ts'],
    why: 'where replies are whole, programs wait for a stream',
  },
]
