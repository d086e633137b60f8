// What proxies do to a stream is named and counted exactly.
import { afterAll, describe, expect, test } from 'bun:test'
import { runLoad } from '../../../src/bench/client/load.ts'
import { probe } from '../../../src/bench/client/probe.ts'
import type { WatchCounts } from '../../../src/bench/client/watch.ts'
import { serveInProcess, until } from '../../_helpers.ts'
import { loadPlan, targetTo, urlTo } from '../_results.ts'
import { type Meddle, startProxy, textOf, withText } from './_proxy.ts'

const CHUNKS = 1000
const server = serveInProcess({
  chunkCount: String(CHUNKS),
  chunkDelayMs: '0',
  stamp: 'true',
  chunkBytes: '32',
})
const stops: (() => Promise<unknown>)[] = [() => server.stop(0)]
afterAll(async () => {
  for (const stop of stops) await stop()
})

type Harm = 'lost' | 'doubled' | 'reordered' | 'merged' | 'split' | 'comments'

/** What the client sees of whole replies through a proxy. */
async function watch(meddle: Meddle | undefined): Promise<WatchCounts> {
  const proxy = startProxy(`http://127.0.0.1:${server.port}`, meddle === undefined ? {} : { meddle })
  stops.push(() => proxy.stop())
  const port = Number(new URL(proxy.url).port)
  const [url, target] = [urlTo(port), targetTo(port)]
  const { delimiter } = await probe({ url, target })
  const plan = loadPlan({
    target,
    delimiter,
    connections: 1,
    measureMs: 400,
    watch: { chunks: CHUNKS, text: '', offsetMicros: 0 },
  })
  // On a busy machine there may be no whole reply in so short a time.
  return until(async () => {
    const { watched, errors, errorKinds } = await runLoad(plan)
    expect([errors, errorKinds]).toEqual([0, []])
    return watched!.replies > 0 ? watched! : undefined
  })
}

/** Keeps an event until the next one comes, and makes something of both. */
function pairs(isFirst: (index: number) => boolean, join: (a: string, b: string) => string[]): Meddle {
  let kept: string | undefined
  return (chunk, index) => {
    if (kept !== undefined) {
      const joined = join(kept, chunk)
      kept = undefined
      return joined
    }
    if (!isFirst(index)) return [chunk]
    kept = chunk
    return []
  }
}

const at = (index: number): boolean => index === 500
const merged = (a: string, b: string): string[] => [withText(a, (text) => text + textOf(b))]
/** So many of a reply. */
describe('of each thousand chunks', () => {
  test.each([
    ['none is harmed', undefined, {}],
    ['one is dropped', (chunk, index) => (at(index) ? [] : [chunk]), { lost: 1 }],
    ['the last is dropped', (chunk, index) => (index === CHUNKS - 1 ? [] : [chunk]), { lost: 1 }],
    ['one comes twice', (chunk, index) => (at(index) ? [chunk, chunk] : [chunk]), { doubled: 1 }],
    ['two change their places', pairs(at, (a, b) => [b, a]), { reordered: 1 }],
    ['two are merged', pairs(at, merged), { merged: 1 }],
    ['all are merged by two', pairs((index) => index % 2 === 0, merged), { merged: CHUNKS / 2 }],
    [
      'one is cut behind its stamp',
      (chunk, index) =>
        at(index)
          ? [withText(chunk, (text) => text.slice(0, 28)), withText(chunk, (text) => text.slice(28))]
          : [chunk],
      { split: 1 },
    ],
    [
      'one is cut in its stamp',
      (chunk, index) =>
        at(index)
          ? [withText(chunk, (text) => text.slice(0, 12)), withText(chunk, (text) => text.slice(12))]
          : [chunk],
      { split: 2, lost: 1 },
    ],
    ['each gets a comment', (chunk) => [': ping', chunk], { comments: CHUNKS }],
  ] as [string, Meddle | undefined, Partial<Record<Harm, number>>][])('%s', async (_, meddle, harms) => {
    const seen = await watch(meddle)
    const none = { lost: 0, doubled: 0, reordered: 0, merged: 0, split: 0, comments: 0 }
    const told = Object.fromEntries(
      Object.keys(none).map((name) => [name, seen[name as Harm] / seen.replies]),
    )
    expect(told).toEqual({ ...none, ...harms })
  })
})
