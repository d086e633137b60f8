// Engine `socket` and clients that do not read: what is left of a write is of the right reply.
import { describe, expect, test } from 'bun:test'
import { chatRequest, numbersOf, rawClient, until } from '../_helpers.ts'
import { isOver, useSocketServers, withClient } from './_socket.ts'

const { serve } = useSocketServers()

describe('clients that do not read', () => {
  /** What a stream says of itself. */
  function readStream({ body }: { body: string }): { ids: Set<string>; sequences: number[] } {
    return {
      ids: new Set([...body.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id!)),
      sequences: [...body.matchAll(/"content":"(\d{8})@\d{16} /g)].map(([, sequence]) => Number(sequence)),
    }
  }

  // Up to 4 MB the bytes of a reply are kept and shared by all that are sent it; larger ones are put together for each.
  test.each([
    ['shared bytes', '850', '0'],
    ['bytes of their own', '4000', '0'],
    ['paced', '1500', '0.2'],
  ])('have ids and numbers of their own, in order: %s', async (_, chunkCount, chunkDelayMs) => {
    const server = serve({ chunkCount, chunkDelayMs, chunkBytes: '4096', uniqueIds: 'true', stamp: 'true' })
    const slow = await Promise.all([rawClient(server.port), rawClient(server.port)])
    for (const client of slow) {
      client.socket.pause()
      client.send(chatRequest())
    }
    await until(() => numbersOf(server).peakOpen === 2 || numbersOf(server).completed === 2)
    const seen = [
      await withClient(
        server,
        async (client) => (client.send(chatRequest()), readStream(await client.response())),
      ),
    ]
    // In turns, a little at a time, so that what is left of one is written between two of the other.
    for (let turn = 0; turn < 20; turn++)
      for (const { socket } of slow) {
        socket.resume()
        await Bun.sleep(2)
        socket.pause()
      }
    for (const { socket } of slow) socket.resume()
    for (const client of slow) seen.push(readStream(await client.response()))
    const expected = Array.from({ length: Number(chunkCount) }, (_unused, i) => i)
    for (const { sequences } of seen) expect(sequences).toEqual(expected)
    expect(seen.map(({ ids }) => ids.size)).toEqual([1, 1, 1])
    expect(new Set(seen.flatMap(({ ids }) => [...ids])).size).toBe(3)
    for (const { socket } of slow) socket.destroy()
  })

  test('the date of a head that was cut stays that of its reply', async () => {
    // A client whose buffers are full of the reply before: of the next head only a part fits, or nothing.
    const server = serve({ chunkCount: '600', chunkBytes: '4096', chunkDelayMs: '0' })
    await withClient(server, async (client) => {
      client.socket.pause()
      client.send(chatRequest().repeat(5))
      await Bun.sleep(1100)
      client.send(chatRequest())
      client.socket.resume()
      for (let i = 0; i < 6; i++) {
        const { headers, body } = await client.response()
        expect(Number.isNaN(Date.parse(headers['date']!))).toBe(false)
        expect(isOver({ body })).toBe(true)
      }
    })
  })
})
