// Half an hour at 70 % load, shared out between the engines: `bun run test:soak`. SOAK_MINUTES (30) is for all of it.
import { describe, expect, test } from 'bun:test'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import { engines, megabytes, prepareTrials, residentBytes, say, stats } from './_trials.ts'

const { serve, stop } = await prepareTrials()
const minutes = Number(process.env['SOAK_MINUTES'] ?? 30) / engines.length
const SLICE_SECONDS = 20
/** Later than this four times in a row: more streams would show what the host bears, and not the server. */
const MOST_LATE_MS = 20

interface Slice {
  readonly p50: number
  readonly p99: number
  readonly busy: number
  readonly bytes: number
}

describe.each(engines)('engine %s', (engine) => {
  test('a long time at 70 % load', async () => {
    const served = await serve({ engine })
    const [worker] = served.workers()
    let going = true
    // Readers are added until the worker is busy for seven tenths of its time, or this host, with the clients on it, bears no more.
    const readers = await openReaders(served.port, 200, { more: () => going })
    for (let added = 0, late = 0; readers.length < 4000;) {
      await stats(served, '/reset', 'POST')
      await Bun.sleep(2000)
      const { busy, latenessMs } = await stats(served)
      const last = busy.perWorker[0]!.last
      if (last >= 0.65) break
      if (latenessMs.p99! <= MOST_LATE_MS) late = 0
      else if (++late < 4) continue
      else {
        closeAll(readers.splice(readers.length - added))
        break
      }
      const wanted = Math.min(600, Math.round((readers.length * 0.7) / Math.max(last, 0.05)) - readers.length)
      added = Math.max(20, wanted)
      readers.push(...(await openReaders(served.port, added, { more: () => going })))
    }
    const slices: Slice[] = []
    const count = Math.max(3, Math.round((minutes * 60) / SLICE_SECONDS))
    for (let i = 1; i <= count; i++) {
      await stats(served, '/reset', 'POST')
      await Bun.sleep(SLICE_SECONDS * 1000)
      const { latenessMs, busy } = await stats(served)
      const bytes = residentBytes([worker!])
      const slice = { p50: latenessMs.p50!, p99: latenessMs.p99!, busy: busy.perWorker[0]!.mean, bytes }
      slices.push(slice)
      say(`after ${i * SLICE_SECONDS} s`, { ...slice, bytes: megabytes(bytes), streams: readers.length })
    }
    going = false
    await untilAll(readers, ({ events, closedAtMs }) => events === 20 || closedAtMs !== undefined)
    const broken = readers.filter(({ closedAtMs }) => closedAtMs !== undefined).length
    closeAll(readers)
    // The best of each: what else the host did in between says nothing of the server.
    const third = Math.floor(count / 3)
    const least = (part: readonly Slice[], key: keyof Slice): number =>
      Math.min(...part.map((slice) => slice[key]))
    const [first, last] = [slices.slice(0, third), slices.slice(-third)]
    const figures = {
      minutes,
      streams: readers.length,
      broken,
      p99First: least(first, 'p99'),
      p99Last: least(last, 'p99'),
      firstBytes: megabytes(least(first, 'bytes')),
      lastBytes: megabytes(least(last, 'bytes')),
    }
    say(`soak, engine ${engine}`, figures)
    expect(broken).toBe(0)
    expect(least(last, 'p99')).toBeLessThan(2 * least(first, 'p99') + 5)
    expect(least(last, 'bytes') - least(first, 'bytes')).toBeLessThan(20_000_000)
    await stop(served)
  }, 3_600_000)
})
