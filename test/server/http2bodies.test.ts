// Request bodies of any size over HTTP/2, to every kind of answer: see bodies.test.ts.
import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { engines, isFast, promises, until } from '../_helpers.ts'
import { useServers } from './_servers.ts'
import { A_WHILE_MS, type Answer, answers, bodyOf, eventsIn, stream } from './_uploads.ts'

const sizes = isFast ? [100_000] : [100_000, 3_000_000]

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine })

  describe.if(promises[engine].http2)('HTTP/2', () => {
    /** What has come of one answer. */
    interface Seen {
      status: number
      text: string
      /** 0 is an orderly end. */
      code: number | undefined
      /** All of the request's body has been taken. */
      isSent: boolean
    }

    async function withSession<T>(
      port: number,
      use: (session: ClientHttp2Session) => Promise<T>,
    ): Promise<T> {
      const session = connectHttp2(`http://127.0.0.1:${port}`)
      try {
        await once(session, 'remoteSettings')
        return await use(session)
      } finally {
        session.destroy()
      }
    }

    function begin(session: ClientHttp2Session, answer: Answer): { request: ClientHttp2Stream; seen: Seen } {
      const lines = (answer.headers ?? '').split('\r\n').filter((line) => line !== '')
      const request = session.request({
        ':method': answer.method ?? 'POST',
        ':path': answer.path ?? '/v1/chat/completions',
        ...Object.fromEntries(lines.map((line) => line.toLowerCase().split(': '))),
      })
      const seen: Seen = { status: 0, text: '', code: undefined, isSent: false }
      request.on('finish', () => (seen.isSent = true))
      request.setEncoding('utf8')
      request.on('response', (headers) => (seen.status = headers[':status'] ?? 0))
      request.on('data', (text: string) => (seen.text += text))
      request.on('error', () => {})
      request.on('close', () => (seen.code = request.rstCode))
      return { request, seen }
    }

    test.each(answers.map((answer) => [answer.name, answer] as const))(
      'any size, at any pace: %s',
      async (_, answer) => {
        const { port } = serve(answer.flags)
        await withSession(port, async (session) => {
          for (const bytes of sizes) {
            const { request, seen } = begin(session, answer)
            request.end(bodyOf(answer, bytes))
            await until(() => seen.code !== undefined)
            expect([bytes, seen.status, seen.code, seen.isSent]).toEqual([bytes, answer.status, 0, true])
            expect(seen.text).toEndWith(answer.ends)
          }
          const { request, seen } = begin(session, answer)
          const body = bodyOf(answer, 200_000)
          request.write(body.subarray(0, 90_000))
          await until(() => eventsIn(seen.text) === answer.events)
          await Bun.sleep(A_WHILE_MS)
          expect([seen.code, eventsIn(seen.text)]).toEqual([undefined, answer.events])
          request.end(body.subarray(90_000))
          await until(() => seen.code !== undefined)
          expect([seen.status, seen.code]).toEqual([answer.status, 0])
        })
      },
    )

    test('resets and hangs', async () => {
      const { port } = serve({ honor: 'fault', chunkCount: '3', chunkDelayMs: '0' })
      await withSession(port, async (session) => {
        for (const pattern of ['abort:2', 'hang']) {
          const { request, seen } = begin(session, { ...stream, headers: `X-Test-Pattern: ${pattern}\r\n` })
          await new Promise((resolve) => request.end(bodyOf(stream, 3_000_000), () => resolve(undefined)))
          if (pattern === 'hang') request.close(8)
          await until(() => seen.code !== undefined)
          expect(seen.text).not.toContain('[DONE]')
        }
      })
    })

    // With 80 uploads of 3 MB at once half of them stall for more than a second.
    const testUnlessFast = isFast ? test.skip : test
    testUnlessFast(
      'a pause of seconds, when only the end is left to send, does not cut the body',
      async () => {
        const { port } = serve(stream.flags)
        await withSession(port, async (session) => {
          const { request, seen } = begin(session, stream)
          const body = bodyOf(stream, 300_000)
          request.write(body.subarray(0, 150_000))
          await until(() => eventsIn(seen.text) === stream.events)
          await Bun.sleep(3000)
          expect(seen.code).toBeUndefined()
          request.end(body.subarray(150_000))
          await until(() => seen.code !== undefined)
          expect([seen.code, seen.isSent]).toEqual([0, true])
        })
      },
    )

    test.skipIf(isFast)('100 MB', async () => {
      const { port } = serve({ ...stream.flags })
      await withSession(port, async (session) => {
        const { request, seen } = begin(session, stream)
        request.end(Buffer.alloc(100_000_000))
        await until(() => seen.code !== undefined)
        expect([seen.status, seen.code, seen.isSent]).toEqual([200, 0, true])
        expect(seen.text).toEndWith(stream.ends)
      })
    })
  })
})
