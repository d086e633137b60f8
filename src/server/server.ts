// One serving process: the routes of the catalogue, each answered by its deck, and the numbers it keeps.
import type { Setup, WholeAnswer } from '../apis/api.ts'
import { catalogue, unrouted } from '../apis/catalogue.ts'
import { decode } from '../apis/body.ts'
import { openaiError } from '../apis/openai.ts'
import { providerNameOf } from '../apis/providers.ts'
import { wholeReply } from '../replies/reply.ts'
import type { RunFacts } from '../stats/report.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { type Reading, Tally } from '../stats/tally.ts'
import { preparationOf, type WorkerPlace } from './decks.ts'
import { prepareHandlers } from './handlers.ts'
import { type Collect, observations } from './observe.ts'
import { IdSource } from './patch.ts'
import type { Stage } from './playback.ts'
import { playWhole } from './player.ts'
import { Scheduler } from './scheduler.ts'

export interface Running {
  readonly port: number
  /** The numbers of this process; with `reset` a new measuring window starts. */
  snapshot(reset: boolean): Snapshot
  /**
   * Refuses new connections and lets open replies end, for at most `graceMs`; then cuts what is left.
   * A second call may shorten the time that is left.
   * @returns the last numbers
   */
  stop(graceMs: number): Promise<Snapshot>
}

export interface ServerOptions {
  readonly setup: Setup
  readonly facts: RunFacts
  readonly place: WorkerPlace
  /** Lets further processes listen on the same port. */
  readonly sharePort: boolean
  /** How to ask all workers; a process on its own asks itself. */
  readonly collect?: Collect
}

/** Paths that Bun's router takes as they are meant; those with a model's name in them may hold anything. */
const ROUTABLE = /^(\/[\w.-]+|\/:[a-z]+)+$/
/** The largest body that is parsed. */
const MAX_PARSED_BYTES = 128 << 20
/** How often the delay of the event loop is measured. */
const LOOP_PROBE_MS = 50
/** The busy share is taken once a second. */
const PROBES_PER_SLICE = 20

/**
 * Prepares every reply and listens on `config.listen`.
 * @throws what Bun.serve throws when the address cannot be bound
 */
export function startServer({ setup, facts, place, sharePort, collect }: ServerOptions): Running {
  const { listen } = setup.config
  const tally = new Tally(readClocks())
  const [high] = crypto.getRandomValues(new Uint32Array(1))
  const stage: Stage = { scheduler: new Scheduler(), tally, ids: new IdSource(high! % 1e8), ledger: null }
  const snapshot = (reset: boolean): Snapshot => {
    const reading = readClocks()
    const taken = tally.snapshot(reading)
    if (reset) {
      tally.reset(reading)
      restart()
    }
    return taken
  }
  const collectOwn: Collect = async (reset) => ({ merged: snapshot(reset), workers: 1, reported: 1, lost: 0 })
  const routes = catalogue(setup)
  const { handlers, restart } = prepareHandlers(setup, routes, stage, place, answerUnknown)
  const observed = observations(collect ?? collectOwn, facts)
  for (const { method, path, respond } of observed) (handlers[path] ??= {})[method] = respond

  function answerUnknown(request: Request): Response {
    const path = pathOf(request.url)
    return answerOnce(unrouted([...routes, ...observed], request, path), path)
  }

  function answerOnce(answer: WholeAnswer, path: string): Response {
    const reply = wholeReply(answer, preparationOf(setup.config, providerNameOf(path)))
    return playWhole(reply, stage, tally.counter('unrouted', answer.status))
  }

  const server = Bun.serve({
    hostname: listen.host,
    port: listen.port,
    reusePort: sharePort,
    http2: true, // prior knowledge on the same port; costs HTTP/1.1 nothing measurable
    idleTimeout: 0, // a silent stream is never closed by us
    // Drained, whatever its size; only what is looked into must fit into memory.
    maxRequestBodySize: setup.config.reply === 'auto' ? MAX_PARSED_BYTES : Number.MAX_SAFE_INTEGER,
    development: false,
    routes: Object.fromEntries(Object.entries(handlers).filter(([path]) => ROUTABLE.test(path))),
    fetch: (request) => {
      // Bun's router compares paths as sent; here they are resolved and decoded.
      const known = handlers[pathOf(request.url)]?.[request.method === 'HEAD' ? 'GET' : request.method]
      return known === undefined ? answerUnknown(request) : known(request)
    },
    error: (thrown) => {
      console.error(thrown) // a fault of ours: never hidden, and never Bun's page of HTML
      return answerOnce(openaiError(500, 'The mock failed; its stderr says why'), '/')
    },
  })
  const stopProbe = probeLoop(tally)
  return {
    port: server.port!,
    snapshot,
    stop: async (graceMs) => {
      const grace = setTimeout(() => {
        tally.end()
        void server.stop(true)
      }, graceMs)
      await server.stop()
      clearTimeout(grace)
      stopProbe()
      tally.end()
      return snapshot(false)
    },
  }
}

/** Records how late a periodic timer fires, which is what any other work of this event loop waits for its turn. */
function probeLoop(tally: Tally): () => void {
  let dueMs = performance.now() + LOOP_PROBE_MS
  let probes = 0
  const timer = setInterval(() => {
    const nowMs = performance.now()
    tally.loopDelay.record((nowMs - dueMs) * 1000, 1)
    dueMs = nowMs + LOOP_PROBE_MS
    if (++probes % PROBES_PER_SLICE === 0) tally.endSlice(readClocks())
  }, LOOP_PROBE_MS)
  return () => clearInterval(timer)
}

function readClocks(): Reading {
  const { user, system } = process.cpuUsage()
  return { nowMs: performance.now(), cpuMicros: user + system, unixMs: Date.now() }
}

/** The path of a request URL, decoded. Not `new URL`, which throws on what a hostile Host header can make of it. */
function pathOf(url: string): string {
  return decode(/^(?:\w+:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] || '/')
}
