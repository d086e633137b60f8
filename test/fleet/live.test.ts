import { expect, test } from 'bun:test'
import { startLiveLine } from '../../src/fleet/live.ts'
import type { Collection } from '../../src/stats/report.ts'
import { plain } from '../../src/config/terminal.ts'
import { emptySnapshot } from '../../src/stats/snapshot.ts'
import { renderLive } from '../../src/stats/summary.ts'
import { until } from '../_helpers.ts'

test('on a terminal the line is rewritten once a second, no wider than the terminal', async () => {
  let written = ''
  let seconds = 0
  const terminal = { isTTY: true, columns: 29, write: (text: string) => (written += text) }
  const collect = async (): Promise<Collection> => ({
    shares: [],
    merged: {
      ...emptySnapshot,
      seconds: ++seconds,
      events: seconds * 1000,
      busy: [{ worker: 0, mean: 0.5, peak: 0.5, last: 0.5 }],
    },
    workers: 1,
    reported: 1,
    lost: 0,
  })
  const stop = startLiveLine(terminal, collect, plain)
  await until(() => written !== '')
  expect(written).toBe('\r\u001b[2K0 requests/s  1,000 events/s')
  stop()
  expect(written).toEndWith('\r\u001b[2K')
  written = ''
  stop()
  expect(written).toBe('') // once is enough: a summary may stand there by now
})

/** What has been counted after so many rounds. */
const counted = (rounds: number): Collection => ({
  shares: [],
  merged: {
    ...emptySnapshot,
    seconds: rounds,
    events: rounds * 1_000_000,
    busy: [{ worker: 0, mean: 0.5, peak: 0.5, last: 0.5 }],
  },
  workers: 1,
  reported: 1,
  lost: 0,
})

test.each([
  [undefined, 79],
  [0, 79],
  [20, 19],
])('a terminal of %j columns: at most %d are used', async (columns, most) => {
  let rounds = 0
  const lines: string[] = []
  const write = (text: string): unknown => lines.push(text.replace('\r\u001b[2K', ''))
  const terminal = { isTTY: true, write, ...(columns !== undefined && { columns }) }
  const stop = startLiveLine(
    terminal,
    async () => counted(++rounds),
    plain,
    () => true,
    1,
  )
  const line = await until(() => lines[0])
  stop()
  expect(line).toBe(renderLive(counted(1).merged, counted(2).merged, most)!)
})

test('what is answered after the stop is not shown', async () => {
  const waiting: (() => void)[] = []
  let written = ''
  const terminal = { isTTY: true, write: (text: string) => (written += text) }
  const stop = startLiveLine(
    terminal,
    () => new Promise((resolve) => waiting.push(() => resolve(counted(waiting.length)))),
    plain,
    () => true,
    1,
  )
  const answer = async (): Promise<void> => {
    const before = waiting.length
    await until(() => waiting.length > before)
    for (const resolve of waiting) resolve()
    await Bun.sleep(0)
  }
  await answer() // nothing to compare it with
  const before = waiting.length
  await until(() => waiting.length > before)
  stop()
  written = ''
  for (const resolve of waiting) resolve()
  await Bun.sleep(0)
  expect(written).toBe('')
})

test('elsewhere nothing is written or asked', () => {
  const stop = startLiveLine(
    {
      isTTY: false,
      write: () => {
        throw new Error('written')
      },
    },
    () => {
      throw new Error('asked')
    },
    plain,
  )
  stop()
})

test('in the background of a shell nothing is written, and in the foreground again it goes on', async () => {
  let rounds = 0
  let written = ''
  let isForeground = false
  const terminal = { isTTY: true, write: (text: string) => (written += text) }
  const stop = startLiveLine(
    terminal,
    async () => counted(++rounds),
    plain,
    () => isForeground,
    1,
  )
  await until(() => rounds > 5)
  expect(written).toBe('')
  isForeground = true
  await until(() => written !== '')
  stop()
})
