// One serving process: the routes of the catalogue, each answered by its deck, and the numbers it keeps.
import type { Setup, WholeAnswer } from '../apis/api.ts'
import { catalogue, unrouted } from '../apis/catalogue.ts'
import { decode } from '../apis/body.ts'
import { openaiError } from '../apis/openai.ts'
import { providerNameOf, refusal } from '../apis/providers.ts'
import { wholeReply } from '../replies/reply.ts'
import type { RunFacts } from '../stats/report.ts'
import type { Snapshot } from '../stats/snapshot.ts'
import { type Reading, Tally } from '../stats/tally.ts'
import { CORS_HEADERS, preparationOf, type WorkerPlace } from './decks.ts'
import { prepareHandlers } from './handlers.ts'
import { type Collect, observations } from './observe.ts'
import { IdSource } from './patch.ts'
import { createKeyCheck } from './keys.ts'
import type { Stage } from './playback.ts'
import { playWhole } from './player.ts'
import { Scheduler } from './scheduler.ts'
import { permit, takeOver } from './unixsocket.ts'

export interface Running {
  /** 0 when it listens on a socket only. */
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
  /** Serves TLS on the port; the socket, if there is one, stays in clear text. */
  readonly tls?: TlsPair
  /** How to ask all workers; a process on its own asks itself. */
  readonly collect?: Collect
}

/** Certificate (with its chain) and key, as PEM: read once, so that every worker has the same, also a later one. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
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
 * Prepares every reply and listens on `config.listen`, and the first worker on `config.socket`.
 * @throws what Bun.serve throws when the address cannot be bound
 */
export function startServer({ setup, facts, place, sharePort, tls, collect }: ServerOptions): Running {
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
  const observed = observations(collect ?? collectOwn, facts, setup.config.cors ? CORS_HEADERS : {})
  for (const { method, path, respond } of observed) (handlers[path] ??= {})[method] = respond

  const isKeyKnown = setup.config.apiKey === '' ? () => true : createKeyCheck(setup.config.apiKey)

  function answerUnknown(request: Request): Response {
    const path = pathOf(request.url)
    if (!isKeyKnown(request)) return answerOnce(refusal(providerNameOf(path), 401, 0), path)
    return answerOnce(unrouted([...routes, ...observed], request, path), path)
  }

  function answerOnce(answer: WholeAnswer, path: string): Response {
    const reply = wholeReply(answer, preparationOf(setup.config, providerNameOf(path)))
    return playWhole(reply, stage, tally.counter('unrouted', answer.status))
  }

  const { reply, cors, listen, socket, socketMode } = setup.config
  const common = {
    http2: true, // prior knowledge on the same port, or ALPN; costs HTTP/1.1 nothing measurable
    // A silent stream is never closed by us. Connections that have not sent a whole head Bun drops after 10 to 12 s in any case.
    idleTimeout: 0,
    // Drained, whatever its size; only what is looked into must fit into memory.
    maxRequestBodySize: reply === 'auto' ? MAX_PARSED_BYTES : Number.MAX_SAFE_INTEGER,
    development: false,
    routes: Object.fromEntries(Object.entries(handlers).filter(([path]) => ROUTABLE.test(path))),
    fetch: (request: Request) => {
      // Bun's router compares paths as sent; here they are resolved and decoded.
      const known = handlers[pathOf(request.url)]?.[request.method === 'HEAD' ? 'GET' : request.method]
      if (known !== undefined) return known(request)
      return cors && request.method === 'OPTIONS' ? answerPreflight(request) : answerUnknown(request)
    },
    error: (thrown: unknown) => {
      console.error(thrown) // a fault of ours: never hidden, and never Bun's page of HTML
      return answerOnce(openaiError(500, 'The mock failed; its stderr says why'), '/')
    },
  }
  const servers: Server[] = []
  if (listen !== null)
    servers.push(
      Bun.serve({
        ...common,
        hostname: listen.host,
        port: listen.port,
        reusePort: sharePort,
        ...(tls && { tls }),
      }),
    )
  if (socket !== '' && place.index === 0) {
    takeOver(socket)
    // The type of a server on a socket knows neither option; Bun heeds both, and without idleTimeout cuts what is silent.
    servers.push(Bun.serve({ ...common, unix: socket } as unknown as TcpOptions))
    permit(socket, socketMode)
  }
  const stopProbe = probeLoop(tally)
  return {
    port: servers[0]!.port ?? 0,
    snapshot,
    stop: async (graceMs) => {
      const grace = setTimeout(() => {
        tally.end()
        for (const server of servers) void server.stop(true)
      }, graceMs)
      await Promise.all(servers.map((server) => server.stop()))
      clearTimeout(grace)
      stopProbe()
      tally.end()
      return snapshot(false)
    },
  }
}

type Server = Bun.Server<undefined>
type TcpOptions = Parameters<typeof Bun.serve<undefined>>[0]

/** What a browser asks before it sends a request with a body or a key. https://fetch.spec.whatwg.org/#http-cors-protocol */
function answerPreflight({ headers }: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      'Access-Control-Allow-Methods': 'GET, HEAD, POST',
      'Access-Control-Allow-Headers': headers.get('access-control-request-headers') ?? '*', // the star does not cover Authorization
      'Access-Control-Max-Age': '86400',
    },
  })
}

/** Ends slices, and records how late a periodic timer fires, which is what any other work of this event loop waits for its turn. */
function probeLoop(tally: Tally): () => void {
  let dueMs = performance.now() + LOOP_PROBE_MS
  let probes = 0
  const probe = setInterval(() => {
    const nowMs = performance.now()
    tally.loopDelay.record((nowMs - dueMs) * 1000, 1)
    dueMs = nowMs + LOOP_PROBE_MS
    if (++probes % PROBES_PER_SLICE === 0) tally.endSlice(readClocks())
  }, LOOP_PROBE_MS)
  let second = readClocks()
  let clock: ReturnType<typeof setTimeout>
  const awaitSecond = (): void => {
    clock = setTimeout(
      () => {
        tally.endSecond(second)
        second = readClocks()
        awaitSecond()
      },
      1000 - (Date.now() % 1000),
    )
  }
  awaitSecond()
  return () => {
    clearInterval(probe)
    clearTimeout(clock)
  }
}

function readClocks(): Reading {
  const { user, system } = process.cpuUsage()
  return { nowMs: performance.now(), cpuMicros: user + system, unixMs: Date.now() }
}

/** The path of a request URL, decoded. Not `new URL`, which throws on what a hostile Host header can make of it. */
function pathOf(url: string): string {
  return decode(/^(?:\w+:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1] || '/')
}
