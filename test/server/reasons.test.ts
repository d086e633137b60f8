// What is said beside a status: the same on both engines, and as others say it.
import { expect, test } from 'bun:test'
import { STATUS_CODES } from 'node:http'
import { reasons } from '../../src/server/engines/reasons.ts'
import { chatRequest, engines, until, withClient } from '../_helpers.ts'
import { useServers } from './_servers.ts'

const { serve } = useServers({ honor: 'fault' })

test('of every status of a failure there is what Node says', () => {
  const failures = Object.entries(STATUS_CODES).filter(([status]) => Number(status) >= 400)
  expect(reasons).toMatchObject(Object.fromEntries(failures))
  expect(reasons[200]).toBe('OK')
})

test.each(engines)('engine %s says so', async (engine) => {
  const server = serve({ engine })
  for (const status of [400, 402, 410, 413, 418, 422, 425, 426, 429, 451, 500, 501, 503, 511])
    await withClient(server, async (client) => {
      client.send(chatRequest(`X-Test-Pattern: status:${status}\r\n`))
      await until(() => client.received().includes('\r\n'))
      expect(client.received()).toStartWith(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`)
    })
})
