// AWS's own SDK before the verdict: it signs each attempt anew, and counts them.
import { describe, expect, spyOn, test } from 'bun:test'
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import type { ClientVerdict } from '../../src/stats/clientverdict.ts'
import type { ToldRequest } from '../../src/stats/traces.ts'
import { asked, useClients, ways } from './_bedrock.ts'
import { useServer } from './_servers.ts'

describe.each(ways)('engine $engine, $version', ({ engine, version }) => {
  const server = useServer({ engine, journal: '10', fault: 'status:503x2,ok' })
  const clientOf = useClients(version)

  test('its retries are known as such, and there is nothing to object to', async () => {
    const get = async <T>(path: string): Promise<T> => (await (await fetch(server.url + path)).json()) as T
    // It waits a random part of a time that grows; by chance the second wait may be the shorter one.
    const chance = spyOn(Math, 'random').mockReturnValue(0.5)
    await clientOf(server, { maxAttempts: 3 })
      .send(new ConverseCommand(asked))
      .finally(() => chance.mockRestore())
    const { requests } = await get<{ requests: readonly ToldRequest[] }>('/requests')
    expect(requests.map(({ answer, retryCount }) => [answer.status, retryCount])).toEqual([
      [200, 2],
      [503, 1],
      [503, 0],
    ])
    expect(requests.map(({ retryOf }) => retryOf)).toEqual([requests[1]!.id, requests[2]!.id, null])
    expect(new Set(requests.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    expect(await get<ClientVerdict>('/verdict')).toMatchObject({ requests: 3, findings: [] })
  })
})
