// Request bodies of any size, to every kind of answer, on both engines: whoever sends can always send all of it and read the whole
// reply; events keep their times meanwhile, and only the orderly end, or a whole answer, waits until the body is there.
import { describe, expect, test } from 'bun:test'
import { BODY_STALL_MS } from '../../src/server/engines/engine.ts'
import type { Running } from '../../src/server/server.ts'
import { engines, isFast, numbersOf, promises, until, withClient } from '../_helpers.ts'
import { useServers } from './_servers.ts'
import {
  A_WHILE_MS,
  type Answer,
  answers,
  bodyOf,
  eventsIn,
  frame,
  headOf,
  stream,
  type Way,
  ways,
} from './_uploads.ts'

const sizes = isFast ? [100_000] : [100_000, 3_000_000]

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine })

  /** How it went, in words, so that what goes wrong shows which of many it was. */
  async function upload(server: Running, answer: Answer, way: Way, bytes: number): Promise<string> {
    return withClient(server, async (client) => {
      const all = bodyOf(answer, bytes)
      client.send(headOf(answer, way, bytes))
      client.send(frame(all.subarray(0, 1000), way, false))
      await Bun.sleep(10) // the answer would have ended by now
      const sent = client.send(frame(all.subarray(1000), way, true))
      const { status, body } = await client.response()
      await sent
      if (status !== answer.status || !body.endsWith(answer.ends)) return `${status} ${body.slice(-100)}`
      if (way.closes) {
        await client.closed()
        return client.ending() === 'end' ? 'read and closed' : `read, and then ${client.ending()}`
      }
      client.send('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
      return (await client.response()).body === '{"status":"ok"}'
        ? 'read and kept'
        : 'read, and then something else'
    })
  }

  const cases = ways.flatMap((way) =>
    sizes.map((bytes) => ({ way, bytes, name: `${way.name}, ${bytes} bytes` })),
  )
  const expected = Object.fromEntries(
    cases.map(({ name, way }) => [name, way.closes ? 'read and closed' : 'read and kept']),
  )

  async function uploadAll(server: Running, answer: Answer): Promise<Record<string, string>> {
    const outcomes = cases.map(async ({ name, way, bytes }) => [
      name,
      await upload(server, answer, way, bytes).catch(String),
    ])
    return Object.fromEntries(await Promise.all(outcomes))
  }

  test.each(answers.map((answer) => [answer.name, answer] as const))(
    'all of it is taken, and all of the answer read: %s',
    async (_, answer) => expect(await uploadAll(serve(answer.flags), answer)).toEqual(expected),
  )

  test.concurrent.each(answers.map((answer) => [answer.name, answer] as const))(
    'while it comes slowly events leave, and nothing ends: %s',
    async (_, answer) => {
      const server = serve(answer.flags)
      const body = bodyOf(answer, 100_000)
      /** Returns whether it was quick enough to show anything: a body that stalls for longer is not waited for. */
      const attempt = (way: Way): Promise<boolean> =>
        withClient(server, async (client) => {
          const startedMs = performance.now()
          client.send(headOf(answer, way, body.byteLength))
          client.send(frame(body.subarray(0, 40_000), way, false))
          await until(() => eventsIn(client.received()) === answer.events)
          await Bun.sleep(A_WHILE_MS)
          const early = client.received()
          client.send(frame(body.subarray(40_000), way, true))
          const { status, body: text } = await client.response()
          if (performance.now() - startedMs > BODY_STALL_MS) return false
          const seen = [way.name, status, text.slice(-answer.ends.length)]
          expect(seen).toEqual([way.name, answer.status, answer.ends])
          if (answer.events === 0) expect([way.name, early]).toEqual([way.name, ''])
          expect(early).not.toEndWith('0\r\n\r\n')
          expect(eventsIn(early)).toBe(answer.events)
          return true
        })
      await Promise.all(ways.map((way) => until(() => attempt(way))))
    },
  )

  const endings = promises[engine].trailers ? ['\r\n', 'X-Checksum: 1\r\nX-More: 2\r\n\r\n'] : ['\r\n']
  test.concurrent.each(answers.map((answer) => [answer.name, answer] as const))(
    `chunk extensions${promises[engine].trailers ? ' and trailers' : ''}: %s`,
    async (_, answer) => {
      const server = serve(answer.flags)
      const [chunked] = ways.filter(({ isChunked }) => isChunked)
      const body = bodyOf(answer, 2000).toString()
      for (const ending of endings)
        await withClient(server, async (client) => {
          for (let i = 0; i < 2; i++) {
            client.send(headOf(answer, chunked!, 0))
            client.send(`12c;a=b;c="d;\\"e"\r\n${body.slice(0, 300)}\r\n`)
            client.send(`6A4;last\r\n${body.slice(300)}\r\n000;end\r\n${ending}`)
            const { status, body: text } = await client.response()
            expect([status, text.slice(-answer.ends.length)]).toEqual([answer.status, answer.ends])
          }
        })
    },
  )

  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
  test.concurrent.each(answers.map((answer) => [answer.name, answer] as const))(
    'Expect: 100-continue: %s',
    async (_, answer) => {
      const server = serve(answer.flags)
      const body = bodyOf(answer, 100_000)
      // What is refused for its body must be read first.
      const isForBody = answer.name.startsWith('400, no JSON') || answer.body !== undefined
      for (const way of ways.filter(({ version }) => version === '1.1')) {
        const isForLength = answer.status === 413 && way.isChunked
        const isSpared = promises[engine].sparesBodies && answer.status >= 400 && !isForBody && !isForLength
        await withClient(server, async (client) => {
          const asking = { ...answer, headers: `Expect: 100-continue\r\n${answer.headers ?? ''}` }
          client.send(headOf(asking, way, body.byteLength))
          if (!isSpared) {
            await until(() => client.received().startsWith(CONTINUE))
            client.send(frame(body, way, true))
          }
          const { status, headers, body: text } = await client.response()
          expect([status, text.slice(-answer.ends.length)]).toEqual([answer.status, answer.ends])
          if (!isSpared) return
          expect(headers['connection']).toBe('close')
          // Whoever sends the body all the same is not reset by it, and so has read the refusal.
          if (way.isChunked) client.send(frame(body, way, true))
          await client.closed()
          expect(client.ending()).toBe('end')
        })
      }
    },
  )

  test('429 by --max-open', async () => {
    const server = serve({ maxOpen: '1', ttftMs: '60000' })
    await withClient(server, async (client) => {
      client.send(headOf(stream, ways[0]!, 0))
      await until(() => numbersOf(server).open === 1)
      expect(await uploadAll(server, { ...stream, status: 429, ends: '}' })).toEqual(expected)
    })
  })

  test('429 by --rate-limit', async () => {
    const server = serve({ rateLimit: '1/s', chunkDelayMs: '0' })
    for (const { name, way, bytes } of cases)
      // Once in a second it is let in, and answered otherwise.
      await until(async () => {
        const outcome = await upload(server, { ...stream, status: 429, ends: '}' }, way, bytes)
        return outcome === expected[name] || (expect(outcome).toStartWith('200 '), false)
      })
  })

  test.each(ways.map((way) => [way.name, way] as const))(
    'a hang is left, with its body sent: %s',
    async (_, way) => {
      const server = serve({ fault: 'hang' })
      await withClient(server, async (client) => {
        await client.send(headOf(stream, way, 3_000_000))
        await client.send(frame(bodyOf(stream, 3_000_000), way, true))
        await until(() => numbersOf(server).open === 1)
        await Bun.sleep(A_WHILE_MS)
        expect(client.received()).toBe('')
      })
      await until(() => numbersOf(server).open === 0)
      expect(numbersOf(server)).toMatchObject({ abortedBeforeFirstEvent: 1, completed: 0 })
    },
  )

  test.concurrent.each(ways.map((way) => [way.name, way] as const))(
    'resets keep their time, body or not: %s',
    async (_, way) => {
      for (const [fault, events] of [
        ['abort:2', 2],
        ['refuse', 0],
      ] as const) {
        const server = serve({ fault, chunkCount: '3', chunkDelayMs: '5' })
        await withClient(server, async (client) => {
          client.send(headOf(stream, way, 100_000))
          client.send(frame(bodyOf(stream, 40_000), way, false))
          await client.closed()
          expect(eventsIn(client.received())).toBeLessThanOrEqual(events)
          expect(client.received()).not.toContain('[DONE]')
        })
        expect(numbersOf(server)).toMatchObject({ open: 0, abortedMidStream: 0 })
      }
    },
  )

  test.skipIf(isFast)(
    '100 MB',
    async () => {
      const refusing: Answer = {
        ...stream,
        flags: { ...stream.flags, maxBodyBytes: '1000' },
        status: 413,
        ends: '}',
      }
      for (const [answer, way] of [
        [stream, 'keep-alive'],
        [stream, 'Connection: close'],
        [stream, 'chunked'],
        [refusing, 'HTTP/1.0'],
        [refusing, 'keep-alive'],
      ] as const) {
        const [found] = ways.filter(({ name }) => name === way)
        const outcome = await upload(serve(answer.flags), answer, found!, 100_000_000)
        expect([way, outcome]).toEqual([way, found!.closes ? 'read and closed' : 'read and kept'])
      }
    },
    60_000,
  )
})
