// One serving process: the routes of the catalogue, each answered by its player.
import type { Answer, Setup } from '../apis/api.ts'
import { catalogue, unrouted } from '../apis/catalogue.ts'
import { errorAnswer } from '../apis/openai.ts'
import { prepareReply } from '../replies/reply.ts'
import { scheduleSteps } from '../replies/timing.ts'
import { createPlayer, type Player } from './player.ts'
import { Scheduler } from './scheduler.ts'

export interface Running {
  readonly port: number
  /** Refuses new connections and lets open replies end, for at most `graceMs`; then cuts what is left. */
  stop(graceMs: number): Promise<void>
}

/**
 * Prepares every reply and listens on `config.listen`. With `sharePort` further processes may listen there too.
 * @throws what Bun.serve throws when the address cannot be bound
 */
export function startServer(setup: Setup, sharePort: boolean): Running {
  const { listen } = setup.config
  const scheduler = new Scheduler()
  const stepMs = scheduleSteps(setup.config)
  const routes = catalogue(setup)
  const players: Record<string, Record<string, Player>> = {}
  for (const { path, method, answer } of routes)
    (players[path] ??= {})[method] = createPlayer(prepareReply(answer, stepMs), scheduler)
  const play = (answer: Answer) => createPlayer(prepareReply(answer, stepMs), scheduler)()

  const server = Bun.serve({
    hostname: listen.host,
    port: listen.port,
    reusePort: sharePort,
    http2: true, // prior knowledge on the same port; costs HTTP/1.1 nothing measurable
    idleTimeout: 0, // a silent stream is never closed by us
    development: false,
    routes: players,
    fetch: (request) => {
      const answer = unrouted(routes, request.method, pathOf(request.url))
      return play(answer)
    },
    error: (thrown) => {
      console.error(thrown) // a fault of ours: never hidden, and never Bun's page of HTML
      return play(errorAnswer(500, 'The mock failed; its stderr says why'))
    },
  })
  return {
    port: server.port!,
    stop: async (graceMs) => {
      const grace = setTimeout(() => server.stop(true), graceMs)
      await server.stop()
      clearTimeout(grace)
    },
  }
}

/** The path of a request URL, as sent. Not `new URL`, which throws on what a hostile Host header can make of it. */
function pathOf(url: string): string {
  return /^(?:\w+:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] || '/'
}
