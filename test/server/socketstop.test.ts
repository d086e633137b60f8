// How engine `socket` stops: what is idle, half sent, or under way.
import { total } from '../../src/stats/shares.ts'
import { describe, expect, test } from 'bun:test'
import { chatRequest, numbersOf, rawClient, type RawClient, until } from '../_helpers.ts'
import { HEALTH, isOver, useSocketServers, withClient } from './_socket.ts'

const { serve, running } = useSocketServers()

describe('stop', () => {
  test('idle connections end at once, replies under way with their end, and new ones are refused', async () => {
    const server = serve({ chunkDelayMs: '40' })
    const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(server.port)))
    const [idle, used, half, streaming, ahead] = clients as [
      RawClient,
      RawClient,
      RawClient,
      RawClient,
      RawClient,
    ]
    used.send(HEALTH)
    await used.response()
    half.send(chatRequest().slice(0, 40))
    streaming.send(chatRequest())
    ahead.send(chatRequest() + HEALTH)
    await until(() => streaming.received().includes('data: ') && ahead.received().includes('data: '))
    const stopped = server.stop(10_000)
    running.delete(server)
    for (const client of [idle, used, half]) {
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }
    expect(streaming.ending()).toBeUndefined()
    const refused = await rawClient(server.port).then(
      () => 'accepted',
      () => 'refused',
    )
    expect(refused).toBe('refused')
    for (const client of [streaming, ahead]) {
      expect(isOver(await client.response())).toBe(true)
      await client.closed()
      expect([client.received(), client.ending()]).toEqual(['', 'end'])
    }
    expect(total(await stopped)).toMatchObject({ open: 0, completed: 2, cut: 0 })
  })

  test('a body that is still coming may come, and its reply ends', async () => {
    const server = serve({ chunkDelayMs: '20' })
    running.delete(server)
    await withClient(server, async (client) => {
      client.send(chatRequest().slice(0, -5))
      await until(() => client.received().includes('data: '))
      const stopped = server.stop(10_000)
      client.send(chatRequest().slice(-5))
      expect(isOver(await client.response())).toBe(true)
      expect(total(await stopped)).toMatchObject({ open: 0, completed: 1, cut: 0 })
    })
  })

  test('what is left after the grace period is cut', async () => {
    const server = serve({ chunkDelayMs: '60000' })
    running.delete(server)
    await withClient(server, async (client) => {
      client.send(chatRequest())
      await until(() => numbersOf(server).open === 1)
      expect(total(await server.stop(50))).toMatchObject({ open: 0, completed: 0, cut: 1 })
      await client.closed()
      expect(client.received()).toBe('')
    })
  })
})
