// One serving process: listens on what the configuration names, with the engine it names, and stops.
import type { NamedFiles, RequestHead } from '../apis/api.ts'
import { refusal } from '../apis/providers.ts'
import { formatAddress } from '../config/format.ts'
import { ownOf } from '../config/own.ts'
import type { Address } from '../config/parsers.ts'
import { type Config, shownConfig, type Upstream } from '../config/upstreams.ts'
import { wholeReply } from '../replies/reply.ts'
import type { RunFacts } from '../stats/report.ts'
import { closeShares, processItself, type Shares, total } from '../stats/shares.ts'
import { emptySnapshot } from '../stats/snapshot.ts'
import { type Reading, Tally } from '../stats/tally.ts'
import { Budget, MOST_BODY_BYTES } from './budget.ts'
import { uncounted } from './card.ts'
import { type ChangeQuestion, Changes, isChange } from './changes.ts'
import { Complaints } from './complaints.ts'
import { controlRoutes, type Steer } from './control.ts'
import { CORS_HEADERS } from './cors.ts'
import { createFront, type Tenant } from './front.ts'
import { guarded } from './gates.ts'
import { Journal } from './journal/journal.ts'
import { answerQuestion, type AskAll, type JournalQuestion } from './journal/questions.ts'
import { journalRoutes } from './journal/routes.ts'
import type { Listening, TlsPair } from './engines/engine.ts'
import { engines } from './engines/table.ts'
import { probeLoop, readClocks } from './loopprobe.ts'
import { refuseUnknownFiles } from './knownfiles.ts'
import { type Collect, observations } from './observe.ts'
import { IdSource, idText } from './patch.ts'
import type { WorkerPlace } from './place.ts'
import type { Stage } from './playback.ts'
import { Preparing } from './preparing.ts'
import { createRoom } from './room.ts'
import { Scheduler } from './scheduler.ts'
import { NOT_YET, type ServedParts, ServedUpstream } from './served.ts'
import { Steering } from './steering.ts'
import { type FileIdentity, listenAt, remove } from './unixsocket.ts'

export interface Running {
  /** 0 when it listens on a socket only. */
  readonly port: number
  /** The file of its socket, if it has one. */
  readonly socketFile: FileIdentity | undefined
  /** The phases of these upstreams begin at these moments, by name, in Unix milliseconds. */
  begin(began: Readonly<Record<string, number>>): void
  /** From now on these files say who is answered what. */
  reload(files: NamedFiles): void
  /** The numbers of this process; with `reset` a new measuring window starts. */
  snapshot(reset: boolean): Shares
  /** What this process answers to a question about what it has kept, or is to serve; a promise where that takes long. */
  answer(question: JournalQuestion | ChangeQuestion): unknown
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
  /**
   * When the phases of upstreams have begun, by name, in Unix milliseconds; others wait to be told, and are not ready until then.
   * Without it all begin now.
   */
  readonly began?: Readonly<Record<string, number>>
  readonly place: WorkerPlace
  /** Lets further processes listen on the same port. */
  readonly sharePort: boolean
  /** Serves TLS on the port; the socket, if there is one, stays in clear text. */
  readonly tls?: TlsPair
  /** What the worker that this one replaces has left at the path of the socket. */
  readonly formerSocketFile?: FileIdentity | undefined
  /** How to ask all workers; a process on its own asks itself. */
  readonly collect?: Collect
  /** The same for what they have kept. */
  readonly askAll?: AskAll
  /** How to have an order carried out in all workers. */
  readonly steer?: Steer
}

/**
 * Prepares every reply and listens on the addresses of the upstreams, and the first worker on the socket.
 * @throws what the engine throws when the address cannot be bound
 */
export function startServer(options: ServerOptions): Running {
  const { config, createdAt, facts, place, sharePort, tls, formerSocketFile, collect } = options
  let { files } = options
  const process = new Tally(readClocks(), place.index)
  const [high] = crypto.getRandomValues(new Uint32Array(1))
  const stage: Stage = {
    scheduler: new Scheduler(),
    process,
    ids: new IdSource(high! % 1e8),
    bodies: new Budget(MOST_BODY_BYTES),
  }
  process.watchMemory('bodies', stage.bodies)
  const clock = {
    now: () => performance.now(),
    unixMs: Date.now,
    freshId: () => idText(stage.ids.next()),
    later: (run: () => void) => stage.scheduler.whenIdle(run),
  }
  const { engine, listen, socket, socketMode, journal: most, journalBytes } = config.run
  const journal = most === 0 ? null : new Journal(most, journalBytes, place.index)
  const telling = new Preparing<unknown>(clock)
  const room = createRoom(place, clock, new Complaints(), process, journal)
  const upstreams: ServedUpstream[] = []
  /** What nothing has happened in is left out. */
  const shares = (reading: Reading): Shares => [
    { ...processItself, numbers: { ...emptySnapshot, ...process.ofProcess(reading) } },
    ...upstreams.flatMap(({ spec: { name }, accounts }) =>
      accounts.told(reading).map((told) => ({ upstream: name, ...told })),
    ),
  ]
  const snapshot = (reset: boolean): Shares => {
    const reading = readClocks()
    const taken = shares(reading)
    if (reset) {
      process.reset(reading)
      for (const upstream of upstreams) {
        upstream.accounts.reset(reading)
        upstream.restart()
      }
    }
    return taken
  }
  const collectOwn: Collect = async (reset) => {
    const taken = snapshot(reset)
    if (reset) begin(beganNow(config, Date.now()))
    const shares = reset ? closeShares(taken) : taken
    return {
      shares,
      merged: total(shares),
      workers: 1,
      reported: 1,
      lost: 0,
      began: Object.fromEntries(upstreams.map(({ spec: { name }, beganMs }) => [name, beganMs])),
      config: shownConfig(steering.config),
    }
  }
  const begin: Running['begin'] = (began) => {
    for (const upstream of upstreams) upstream.begin(ownOf(began, upstream.spec.name) ?? upstream.beganMs)
  }
  const steering = new Steering(config, {
    apply: async (changed) => {
      refuseUnknownFiles(changed, files)
      const question = { version: 0, config: changed, files } as const
      const reason = changes.answer({ ...question, kind: 'prepare' })
      if (reason !== null) throw new Error(reason)
      changes.answer({ ...question, kind: 'commit' })
    },
    begin,
    unixMs: Date.now,
  })
  const steerOwn: Steer = (order) => steering.steer(order)
  /** Who asks the program itself has the key of some upstream, where one of them asks for a key. */
  const isLetIn = (head: RequestHead): boolean => {
    const known = upstreams.map(({ desk }) => desk.hasKey(head)).filter((hasKey) => hasKey !== null)
    return known.length === 0 || known.includes(true)
  }
  const answer = (question: JournalQuestion | ChangeQuestion): unknown =>
    isChange(question) ? changes.answer(question) : telling.begin(answerQuestion(journal!, question))
  const { askAll = async (question) => [await answer(question)] } = options
  const { cors } = config.upstreams[0].phases[0].settings
  const changes = new Changes(upstreams)
  const headers = cors ? CORS_HEADERS : {}
  const denied = uncounted(wholeReply(refusal('openai', 401, null), headers), process)
  const observed = [
    ...observations(collect ?? collectOwn, facts, headers, Date.now, process),
    ...journalRoutes({
      askAll: journal && askAll,
      workers: options.askAll === undefined ? 1 : place.workers,
      config,
      headers,
      unixMs: Date.now,
      tally: process,
    }),
    ...controlRoutes(config.run.control ? (options.steer ?? steerOwn) : null, config, headers, process),
  ].map((row) => (row.isGuarded ? { ...row, pick: guarded(row.pick, isLetIn, () => denied) } : row))
  const { began = beganNow(config, Date.now()) } = options

  const open: Listening[] = []
  let socketFile: FileIdentity | undefined
  let port = 0
  const serve = engines[engine]
  const isAlone = config.upstreams.length === 1
  for (const { address, members } of groupByAddress(config)) {
    const prefixes = config.anyPrefix ? [] : members.flatMap(({ prefix }) => prefix || [])
    const served = members.map((upstream) => {
      const isUsual = upstream.prefix === ''
      const parts: ServedParts = {
        room,
        createdAt,
        files,
        newTally: (underWay) => new Tally(readClocks(), place.index, underWay),
        observed: isUsual ? observed : [],
        prefixes: isUsual ? prefixes : [],
        all: config.upstreams,
        isAlone,
        isSteered: config.run.control,
        mostSessions: config.run.sessions,
      }
      return new ServedUpstream(upstream, parts, ownOf(began, upstream.name) ?? NOT_YET)
    })
    upstreams.push(...served)
    const asked = served.map(({ desk, spec: { prefix } }) => ({ desk, prefix }))
    const front = createFront(asked as [Tenant, ...Tenant[]], observed)
    if (address !== null) {
      const at = { hostname: address.host, port: address.port, reusePort: sharePort, tls }
      const listening = serve(at, front, stage, config.run)
      open.push(listening)
      if (address === listen || port === 0) port = listening.port
    }
    if (socket !== '' && place.index === 0 && members.some((one) => one.listen === null)) {
      const { listening, file } = listenAt(socket, socketMode, formerSocketFile, (unix) =>
        serve({ unix }, front, stage, config.run),
      )
      open.push(listening)
      socketFile = file
    }
  }
  const isServing = (): boolean =>
    upstreams.some(({ accounts }) => accounts.tallies.some(({ underWay }) => underWay > 0))
  const stopProbe = probeLoop(process, isServing)
  const end = (): void => {
    for (const { accounts } of upstreams) for (const tally of accounts.tallies) tally.end()
  }
  return {
    port,
    socketFile,
    snapshot,
    answer,
    begin,
    reload: (again) => {
      files = again
      for (const upstream of upstreams) upstream.reload(again)
    },
    stop: async (graceMs) => {
      const grace = setTimeout(() => {
        end()
        for (const listening of open) listening.cut()
      }, graceMs)
      remove(socket, socketFile)
      await Promise.all(open.map((listening) => listening.stop()))
      clearTimeout(grace)
      stopProbe()
      for (const upstream of upstreams) upstream.end()
      end()
      return snapshot(false)
    },
  }
}

/** All begin at this moment, in Unix milliseconds. */
export function beganNow({ upstreams }: Pick<Config, 'upstreams'>, atMs: number): Record<string, number> {
  return Object.fromEntries(upstreams.map(({ name }) => [name, atMs]))
}

/** Which upstreams are asked where; null: on the socket alone. */
function groupByAddress({ run, upstreams }: Config): { address: Address | null; members: Upstream[] }[] {
  const groups = Map.groupBy(upstreams, ({ listen }) => {
    const address = listen ?? run.listen
    return address === null ? '' : formatAddress(address)
  })
  return Array.from(groups.values(), (members) => ({ address: members[0]!.listen ?? run.listen, members }))
}
