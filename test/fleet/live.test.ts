import { expect, test } from 'bun:test'
import { startLiveLine } from '../../src/fleet/live.ts'
import { emptySnapshot } from '../../src/stats/snapshot.ts'
import { until } from '../_helpers.ts'

test('on a terminal the line is rewritten once a second, no wider than the terminal', async () => {
  let written = ''
  let seconds = 0
  const terminal = { isTTY: true, columns: 29, write: (text: string) => (written += text) }
  const stop = startLiveLine(terminal, async () => ({
    merged: {
      ...emptySnapshot,
      seconds: ++seconds,
      events: seconds * 1000,
      busy: [{ worker: 0, mean: 0.5, peak: 0.5, last: 0.5 }],
    },
    workers: 1,
    reported: 1,
    lost: 0,
  }))
  await until(() => written !== '')
  expect(written).toBe('\r\u001b[2K0 requests/s  1,000 events/s')
  stop()
  expect(written).toEndWith('\r\u001b[2K')
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
  )
  stop()
})
