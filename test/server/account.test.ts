// The account of what clients did with faulty replies: where they left, and how long after the fault.
import { total } from '../../src/stats/shares.ts'
import { describe, expect, test } from 'bun:test'
import { chatRequest, engines, numbersOf, serveInProcess, until, withClient } from '../_helpers.ts'
import { ask, faultOf, stats } from './_faults.ts'
import { useServers } from './_servers.ts'

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine, chunkCount: '4', chunkDelayMs: '5' })

  describe.concurrent('the account', () => {
    test('where clients left, and how long after the fault', async () => {
      const server = serve({ fault: 'stall:2:60000' })
      for (let i = 0; i < 3; i++)
        await withClient(server, async (client) => {
          client.send(chatRequest())
          await until(() => client.received().includes(' world'))
          await Bun.sleep(100)
        })
      const fault = await until(async () => {
        const found = await faultOf(server, 'stall:2:60000')
        return found?.leftMidStream === 3 ? found : undefined
      })
      expect(fault).toMatchObject({
        dealt: 3,
        completed: 0,
        leftBeforeFirstEvent: 0,
        leftAfterChunks: { '2': 3 },
      })
      expect(fault.leftAfterFaultMs.count).toBe(3)
      expect(fault.leftAfterFaultMs.p50!).toBeGreaterThan(80)
      expect((await stats(server)).requests.abortedMidStream).toBe(3)
    })

    test('what the end of the program cuts was not left by its client', async () => {
      const server = serveInProcess({ engine, fault: 'hang' })
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await until(() => numbersOf(server).open === 1)
        const last = total(await server.stop(0))
        expect(last).toMatchObject({ cut: 1, abortedBeforeFirstEvent: 0 })
        expect(last.ledgers).toMatchObject([{ dealt: 1, leftBeforeFirstEvent: 0, leftMidStream: 0 }])
      })
    })

    test('pieces and comments are not counted as events', async () => {
      const server = serve({ fault: 'split:10+keepalive:2' })
      await ask(server)
      const { sent, faults, requests, latenessMs } = await stats(server)
      expect(sent.events).toBe(6)
      expect(latenessMs.count).toBe(6)
      expect(faults).toMatchObject([{ pattern: 'split:10+keepalive:2', dealt: 1, completed: 1 }])
      expect(requests).toMatchObject({ open: 0, completed: 1 })
    })

    test('events held back by a client that does not read are not our lateness', async () => {
      const server = serve({ chunkCount: '200', chunkBytes: '65536', fault: 'no-done' })
      await withClient(server, async (client) => {
        client.socket.pause()
        client.send(chatRequest())
        await until(async () => (await stats(server)).sent.events > 0)
        await Bun.sleep(1500)
        client.socket.resume()
        await until(async () => (await stats(server)).requests.completed === 1)
      })
      const { sent, latenessMs } = await stats(server)
      expect(sent.heldBack).toBeGreaterThan(50)
      expect(latenessMs.count + sent.heldBack).toBe(201)
    })

    test('a comment is no event: not for the time to the first one, nor for where clients left', async () => {
      const server = serve({ fault: 'keepalive:5', ttftMs: '200' })
      await ask(server)
      expect((await stats(server)).ttftMs.p50!).toBeGreaterThan(190)
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await until(() => client.received().includes('keepalive'))
      })
      await until(async () => (await stats(server)).requests.abortedBeforeFirstEvent === 1)
      expect(await faultOf(server, 'keepalive:5')).toMatchObject({
        dealt: 2,
        completed: 1,
        leftBeforeFirstEvent: 1,
      })
    })

    test('every faulty reply ends one way or another', async () => {
      const server = serve({ honor: 'fault' })
      for (const path of ['/v1/chat/completions', '/v1/embeddings'])
        for (const pattern of ['status:500', 'garbage:0', 'stall:0:5']) await ask(server, pattern, path)
      for (const { dealt, completed } of (await stats(server)).faults)
        expect([dealt, completed]).toEqual([2, 2])
    })

    test('a connection that we reset is not one that the client left', async () => {
      const server = serve({ fault: 'abort:1' })
      await withClient(server, async (client) => {
        client.send(chatRequest())
        await client.closed()
      })
      expect((await stats(server)).requests).toMatchObject({ open: 0, completed: 1, abortedMidStream: 0 })
      expect(await faultOf(server, 'abort:1')).toMatchObject({ dealt: 1, completed: 1, leftMidStream: 0 })
    })

    test('how long streams waited for a client that did not read', async () => {
      const server = serve({ chunkCount: '200', chunkBytes: '65536', chunkDelayMs: '0' })
      await withClient(server, async (client) => {
        client.socket.pause()
        client.send(chatRequest())
        await until(async () => (await stats(server)).sent.events > 0)
        await Bun.sleep(200)
        client.socket.resume()
        await until(async () => (await stats(server)).requests.completed === 1)
      })
      const { blockedMs } = await stats(server)
      expect(blockedMs.count).toBeGreaterThan(0)
      expect(blockedMs.max!).toBeGreaterThan(150)
    })
  })
})
