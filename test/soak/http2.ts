// HTTP/2 as h2spec tries it: every case, in clear text and with TLS, while replies stream and when they end at once. What fails is a
// table, so that a new failure shows, and a cured one too. Engine `socket` speaks no HTTP/2.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { runToEnd, temporaryFolder, until } from '../_helpers.ts'
import { buildH2spec, readReport, type Verdict } from './_h2spec.ts'
import { answers, megabytes, prepareTrials, residentBytes, type Served, say, stats } from './_trials.ts'

const { serve, stop } = await prepareTrials()
const folder = temporaryFolder()
afterAll(folder.remove)

let h2spec = ''
let reason = ''
const go = Bun.which('go')
if (go === null) reason = 'Go is not on the PATH'
else
  await buildH2spec(go, folder.path).then(
    (command) => (h2spec = command),
    (thrown) => (reason = String(thrown)),
  )
if (reason !== '') console.log(`skipped: ${reason}`)

/** As many as there are in the version that is built; of fewer some would not have been tried. */
const CASES = 146
const UNEVEN = 'Sends a HEADERS frame with the "content-length" header field which does not equal the'

/** The cases that fail, and why: all are limits of Bun's own HTTP/2. */
const limits = {
  preface: {
    // What does not begin like HTTP/2 is taken for HTTP/1.1, on the same port, and refused as such, in words that h2spec cannot read.
    // With TLS the client has chosen HTTP/2 before it sends anything.
    'http2/3.5: Sends invalid connection preface': 'the same port serves HTTP/1.1',
  },
  atOnce: {
    // A reply with delay 0 has ended before the body has come that shows its length to be wrong.
    [`http2/8.1.2.6: ${UNEVEN} DATA frame payload length`]: 'the reply does not wait for a small body',
    [`http2/8.1.2.6: ${UNEVEN} sum of the multiple DATA frames payload length`]:
      'the reply does not wait for a small body',
  },
}

const STREAMED = { chunkCount: '3', chunkDelayMs: '50' }
const AT_ONCE = { chunkCount: '3', chunkDelayMs: '0' }
const rows = [
  ['in clear text, streamed', STREAMED, limits.preface],
  ['in clear text, at once', AT_ONCE, { ...limits.preface, ...limits.atOnce }],
  ['with TLS, streamed', { ...STREAMED, tls: 'true' }, {}],
  ['with TLS, at once', { ...AT_ONCE, tls: 'true' }, limits.atOnce],
] as const

/** Rounds whose memory does not count, and those that must not take more. */
const WARM_ROUNDS = 3
const ROUNDS = 8
const AT_A_TIME = 4

let reports = 0
async function tryAll({ port, url }: Served, patienceSeconds: number): Promise<Verdict> {
  const report = join(folder.path, `report-${reports++}.xml`)
  const args = ['--port', String(port), '--path', '/v1/chat/completions', '--strict']
  const tls = url.startsWith('https:') ? ['--tls', '--insecure'] : []
  const ended = await runToEnd(
    [h2spec],
    [...args, ...tls, '--timeout', String(patienceSeconds), '--junit-report', report],
    {},
    300_000,
  )
  const verdict = readReport(await Bun.file(report).text())
  if (verdict.cases === 0) throw new Error(`h2spec ended with ${ended.code}: ${ended.stdout}${ended.stderr}`)
  return verdict
}

describe.skipIf(reason !== '')('HTTP/2, engine bun', () => {
  test.each(rows)(
    '%s: all cases but those known',
    async (name, flags, known) => {
      const served = await serve({ ...flags, engine: 'bun' })
      const { cases, failed } = await tryAll(served, 5)
      const rounds = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++)
          await Promise.all(Array.from({ length: AT_A_TIME }, () => tryAll(served, 1)))
        await until(async () => (await stats(served)).requests.open === 0)
      }
      await rounds(WARM_ROUNDS)
      const warmBytes = residentBytes(served.workers())
      await rounds(ROUNDS)
      const grownBytes = residentBytes(served.workers()) - warmBytes
      const { requests, workers } = await stats(served)
      const faults = requests.byRoute.filter(({ status }) => status >= 500)
      say(`h2spec, ${name}`, {
        cases,
        failed: failed.length,
        requests: requests.total,
        warm: megabytes(warmBytes),
        grown: megabytes(grownBytes),
      })
      expect(failed.toSorted()).toEqual(Object.keys(known).toSorted())
      expect(cases).toBe(CASES)
      expect(await answers(served)).toBe(true)
      expect(workers).toMatchObject({ reported: 1, lost: 0 })
      expect(faults).toEqual([])
      expect(grownBytes).toBeLessThan(20_000_000)
      expect(await stop(served)).toBe(0)
      expect(served.program.output.stderr).toBe('')
    },
    600_000,
  )
})
