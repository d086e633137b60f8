// Engine `socket` on a Unix socket.
import { afterAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { join } from 'node:path'
import { chatRequest, numbersOf, temporaryFolder, until } from '../_helpers.ts'
import { get, useSocketServers } from './_socket.ts'

const { serve } = useSocketServers()
const folder = temporaryFolder()
afterAll(folder.remove)

describe('a Unix socket', () => {
  const path = join(folder.path, 'engine.sock')
  const server = serve({ socket: path, honor: 'fault', chunkDelayMs: '5' })

  /** All that comes for what is sent, until the other side ends. */
  function exchange(text: string): Promise<{ received: string; error: Error | undefined }> {
    const { promise, resolve } = Promise.withResolvers<{ received: string; error: Error | undefined }>()
    let received = ''
    let error: Error | undefined
    const socket = connect(path, () => socket.write(text))
    socket.on('data', (bytes) => (received += bytes.toString('latin1')))
    socket.on('error', (thrown) => (error = thrown))
    socket.on('close', () => resolve({ received, error }))
    return promise
  }

  test('serves as the port does', async () => {
    const { received, error } = await exchange(chatRequest() + get('/v1/models/one', 'Connection: close\r\n'))
    expect(error).toBeUndefined()
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\[DONE\]\n\n\r\n0\r\n\r\nHTTP\/1\.1 404 [^]*'one'/)
  })

  test.each([
    ['abort:2', 2],
    ['refuse', 0],
  ])('%s shows as a cut', async (pattern, events) => {
    const { received } = await exchange(chatRequest(`X-Test-Pattern: ${pattern}\r\n`))
    expect(received.split('data: ').length - 1).toBeLessThanOrEqual(events)
    expect(received).not.toContain('\r\n0\r\n\r\n')
    await until(() => numbersOf(server).open === 0)
  })

  test('one connection, many replies', async () => {
    const { received } = await exchange(chatRequest().repeat(20) + chatRequest('Connection: close\r\n'))
    expect(received.split('[DONE]').length - 1).toBe(21)
  })
})
