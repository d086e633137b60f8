// Servers in this process, for tests that want several.
import { afterAll } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { serveInProcess } from '../_helpers.ts'

interface Servers {
  readonly serve: (flags: GivenFlags) => Running
  /** Those that are stopped after the tests of this file or group; a test that stops one itself takes it out. */
  readonly running: Set<Running>
}

/** `usual`: flags of every server, unless a test gives others. */
export function useServers(usual: GivenFlags): Servers {
  const running = new Set<Running>()
  afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))
  const serve = (flags: GivenFlags): Running => {
    const server = serveInProcess({ ...usual, ...flags })
    running.add(server)
    return server
  }
  return { serve, running }
}
