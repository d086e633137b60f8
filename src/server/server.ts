// One serving process: listens on what the configuration names, with the engine it names, and stops.
import { filesOf, type NamedFiles, type Setup } from '../apis/api.ts'
import type { Config } from '../config/upstreams.ts'
import type { RunFacts } from '../stats/report.ts'
import { closeShares, processItself, type Shares, total, type Whose } from '../stats/shares.ts'
import { emptySnapshot } from '../stats/snapshot.ts'
import { type Reading, Tally } from '../stats/tally.ts'
import { Budget, MOST_BODY_BYTES } from './budget.ts'
import { Complaints } from './complaints.ts'
import { CORS_HEADERS } from './cors.ts'
import { createDesk } from './desk.ts'
import type { Listening, TlsPair } from './engines/engine.ts'
import { engines } from './engines/table.ts'
import { probeLoop, readClocks } from './loopprobe.ts'
import { type Collect, observations } from './observe.ts'
import { IdSource, idText } from './patch.ts'
import type { WorkerPlace } from './place.ts'
import type { Stage } from './playback.ts'
import { Scheduler } from './scheduler.ts'
import { type FileIdentity, listenAt, remove } from './unixsocket.ts'

export interface Running {
  /** 0 when it listens on a socket only. */
  readonly port: number
  /** The file of its socket, if it has one. */
  readonly socketFile: FileIdentity | undefined
  /** From now on these files say who is answered what. */
  reload(files: NamedFiles): void
  /** The numbers of this process; with `reset` a new measuring window starts. */
  snapshot(reset: boolean): Shares
  /**
   * Refuses new connections and lets open replies end, for at most `graceMs`; then cuts what is left.
   * A second call may shorten the time that is left.
   * @returns the last numbers
   */
  stop(graceMs: number): Promise<Shares>
}

export interface ServerOptions {
  readonly config: Config
  /** Start of the run, Unix seconds. */
  readonly createdAt: number
  readonly files: NamedFiles
  readonly facts: RunFacts
  readonly place: WorkerPlace
  /** Lets further processes listen on the same port. */
  readonly sharePort: boolean
  /** Serves TLS on the port; the socket, if there is one, stays in clear text. */
  readonly tls?: TlsPair
  /** What the worker that this one replaces has left at the path of the socket. */
  readonly formerSocketFile?: FileIdentity | undefined
  /** How to ask all workers; a process on its own asks itself. */
  readonly collect?: Collect
}

/**
 * Prepares every reply and listens on `config.listen`, and the first worker on `config.socket`.
 * @throws what the engine throws when the address cannot be bound
 */
export function startServer(options: ServerOptions): Running {
  const { config, createdAt, files, facts, place, sharePort, tls, formerSocketFile, collect } = options
  const began = readClocks()
  const itself = new Tally(began, place.index)
  const tally = new Tally(began)
  const tallies: readonly (Whose & { readonly tally: Tally })[] = [
    { upstream: config.upstreams[0].name, phase: 0, session: null, tally },
  ]
  const [high] = crypto.getRandomValues(new Uint32Array(1))
  const stage: Stage = {
    scheduler: new Scheduler(),
    tally,
    process: itself,
    ids: new IdSource(high! % 1e8),
    bodies: new Budget(MOST_BODY_BYTES),
  }
  itself.watchMemory('bodies', stage.bodies)
  /** What nothing has happened in is left out. */
  const shares = (reading: Reading): Shares => [
    { ...processItself, numbers: { ...emptySnapshot, ...itself.ofProcess(reading) } },
    ...tallies
      .map(({ tally, ...whose }) => ({ ...whose, numbers: tally.seen(reading) }))
      .filter(({ numbers }) => numbers !== emptySnapshot),
  ]
  const snapshot = (reset: boolean): Shares => {
    const reading = readClocks()
    const taken = shares(reading)
    if (reset) {
      for (const one of [itself, ...tallies.map(({ tally }) => tally)]) one.reset(reading)
      desk.restart()
    }
    return taken
  }
  const collectOwn: Collect = async (reset) => {
    const taken = snapshot(reset)
    const shares = reset ? closeShares(taken) : taken
    return { shares, merged: total(shares), workers: 1, reported: 1, lost: 0 }
  }
  const { settings } = config.upstreams[0].phases[0]
  const setup: Setup = { config: settings, createdAt, files: filesOf(settings, files) }
  const { cors, engine, listen, socket, socketMode } = settings
  const observed = observations(collect ?? collectOwn, facts, cors ? CORS_HEADERS : {}, Date.now)
  const clock = {
    now: () => performance.now(),
    later: (run: () => void) => stage.scheduler.whenIdle(run),
    unixMs: Date.now,
    freshId: () => idText(stage.ids.next()),
  }
  const desk = createDesk(setup, observed, tally, place, clock, new Complaints(), itself)

  const open: Listening[] = []
  let socketFile: FileIdentity | undefined
  const serve = engines[engine]
  if (listen !== null)
    open.push(
      serve(
        { hostname: listen.host, port: listen.port, reusePort: sharePort, tls },
        desk,
        stage,
        setup.config,
      ),
    )
  if (socket !== '' && place.index === 0) {
    const { listening, file } = listenAt(socket, socketMode, formerSocketFile, (unix) =>
      serve({ unix }, desk, stage, setup.config),
    )
    open.push(listening)
    socketFile = file
  }
  const endTallies = (): void => tallies.forEach(({ tally }) => tally.end())
  const stopProbe = probeLoop(itself, () => tallies.some(({ tally }) => tally.underWay > 0))
  return {
    port: open[0]!.port,
    socketFile,
    snapshot,
    reload: (again) => desk.reload(filesOf(settings, again).rules ?? []),
    stop: async (graceMs) => {
      const grace = setTimeout(() => {
        endTallies()
        for (const listening of open) listening.cut()
      }, graceMs)
      remove(socket, socketFile)
      await Promise.all(open.map((listening) => listening.stop()))
      clearTimeout(grace)
      stopProbe()
      endTallies()
      return snapshot(false)
    },
  }
}
