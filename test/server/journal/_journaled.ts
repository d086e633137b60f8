// A server that keeps requests, on an engine, and who asks it.
import { afterEach } from 'bun:test'
import type { GivenFlags } from '../../../src/config/config.ts'
import type { Running } from '../../../src/server/server.ts'
import type { ToldRequest } from '../../../src/stats/traces.ts'
import { engines, serveInProcess } from '../../_helpers.ts'

export interface Told {
  readonly requests: readonly ToldRequest[]
  readonly next: string | null
  readonly missing?: number
}

/** Serves for a test, with which it ends. */
export function useJournal(engine: (typeof engines)[number]) {
  const servers: Running[] = []
  afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.stop(0)))))

  return (flags: GivenFlags = {}) => {
    const running = serveInProcess({ engine, journal: '100', chunkDelayMs: '0', chunkCount: '3', ...flags })
    servers.push(running)
    const url = `http://127.0.0.1:${running.port}`
    const get = async <T>(path: string, init?: RequestInit): Promise<T> =>
      (await (await fetch(url + path, init)).json()) as T
    return {
      port: running.port,
      url,
      get,
      told: (query = '') => get<Told>(`/requests${query}`),
      /** Asks for a stream and reads it to the end, or to where it breaks. */
      chat: async (body = '{}', headers: Record<string, string> = {}, path = '/v1/chat/completions') => {
        const response = await fetch(url + path, { method: 'POST', body, headers }).catch(() => undefined)
        await response?.text().catch(() => '')
        return response?.status
      },
    }
  }
}
