// The journals of several workers, asked as one; and what a journal costs a worker in memory.
import { describe, expect, test } from 'bun:test'
import { canSharePort } from '../../src/fleet/host.ts'
import type { ClientVerdict } from '../../src/stats/clientverdict.ts'
import { compareNewest, type ToldRequest } from '../../src/stats/traces.ts'
import { childrenOf, engines, until } from '../_helpers.ts'
import { residentBytes } from '../_processes.ts'
import { statsOf, useFleet } from './_programs.ts'

const { serve } = useFleet()
const instant = { chunkCount: '1', chunkDelayMs: '0', journal: '1000' }

interface Told {
  readonly requests: readonly ToldRequest[]
  readonly next: string | null
  readonly missing?: number
}

const get = async <T>(port: number, path: string, method = 'GET'): Promise<T> =>
  (await (await fetch(`http://127.0.0.1:${port}${path}`, { method, keepalive: false })).json()) as T

/** Each on a connection of its own, so that the kernel spreads them. */
async function ask(
  port: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<number> {
  const url = `http://127.0.0.1:${port}/v1/chat/completions`
  const response = await fetch(url, { method: 'POST', body, headers: { connection: 'close', ...headers } })
  await response.text()
  return response.status
}

const workerOf = ({ id }: ToldRequest): string => id.split('-')[0]!

/** Asks until both workers have been asked. @returns how often */
async function askBoth(port: number): Promise<number> {
  for (let asked = 0; ;) {
    for (let i = 0; i < 20; i++) await ask(port, `{"n":${asked++}}`)
    const { requests } = await get<Told>(port, '/requests?limit=1000')
    if (new Set(requests.map(workerOf)).size === 2) return asked
  }
}

describe.skipIf(!canSharePort)('two workers (several need Linux)', () => {
  test('whichever is asked tells of both, the newest first, page by page', async () => {
    const { port } = await serve({ ...instant, workers: '2' })
    const asked = await askBoth(port)
    const whole = await get<Told>(port, '/requests?limit=1000')
    expect(whole.missing).toBeUndefined()
    expect(whole.requests.length).toBe(asked)
    expect([...whole.requests]).toEqual([...whole.requests].toSorted(compareNewest))
    // The next was asked when the one before it had been answered.
    expect(whole.requests.map(({ body }) => body)).toEqual(
      Array.from({ length: asked }, (_, i) => `{"n":${asked - 1 - i}}`),
    )
    const ids: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Told = await get(port, `/requests?limit=7${cursor && `&cursor=${cursor}`}`)
      ids.push(...page.requests.map(({ id }) => id))
      cursor = page.next
    }
    expect(ids).toEqual(whole.requests.map(({ id }) => id))
    expect(await get<object>(port, '/requests/count')).toEqual({ count: asked })
    expect(await get<object>(port, '/requests', 'DELETE')).toEqual({ forgotten: asked })
    expect(await get<object>(port, '/requests/count')).toEqual({ count: 0 })
  })

  test('a retry that another worker has got is known all the same', async () => {
    const { port } = await serve({ ...instant, workers: '2', fault: 'status:401' })
    let n = 0
    const found = await until(async () => {
      const body = `{"n":${n++}}`
      await ask(port, body)
      await ask(port, body)
      const { requests } = await get<Told>(port, '/requests?limit=2')
      const [retry, first] = requests
      expect(retry!.retryOf).toBe(first!.id)
      return workerOf(retry!) === workerOf(first!) ? undefined : [first!.id, retry!.id]
    })
    const { findings } = await get<ClientVerdict>(port, '/verdict')
    expect(
      findings.filter(({ rule }) => rule === 'retried-in-vain').map(({ evidence }) => evidence),
    ).toContainEqual(found)
  })

  test('a worker that dies takes its journal along, and the others answer', async () => {
    const { port, pid } = await serve({ ...instant, workers: '2' })
    await askBoth(port)
    const { requests } = await get<Told>(port, '/requests?limit=1000')
    const [victim] = childrenOf(pid)
    process.kill(victim!, 'SIGKILL')
    const left = await until(async () => {
      const told = await get<Told>(port, '/requests?limit=1000').catch(() => undefined)
      return told !== undefined && told.missing === undefined && told.requests.length < requests.length
        ? told
        : undefined
    })
    expect(new Set(left.requests.map(workerOf)).size).toBe(1)
  })
})

describe.each(engines)('engine %s', (engine) => {
  test('100 MB bodies, and many small ones, do not make a worker grow', async () => {
    const { port, pid } = await serve({ ...instant, engine, journal: '1000000', journalBytes: '2000000' })
    const [worker] = childrenOf(pid)
    const large = new Uint8Array(100_000_000)
    const small = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(60_000) }] })
    const load = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) expect(await ask(port, large)).toBe(200)
      for (let i = 0; i < 200; i++) expect(await ask(port, small)).toBe(200)
    }
    await load()
    const before = residentBytes(worker!)
    for (let i = 0; i < 3; i++) await load()
    expect(residentBytes(worker!) - before).toBeLessThan(80_000_000)
    const { memory } = await statsOf(port)
    expect(memory.journal!.limit).toBe(2_000_000)
    expect(memory.journal!.taken).toBeGreaterThan(1_900_000)
    expect(memory.journal!.taken).toBeLessThanOrEqual(2_000_000)
    const { count } = await get<{ count: number }>(port, '/requests/count')
    expect(count).toBeGreaterThan(25)
    expect(count).toBeLessThan(40)
  })
})
