// A whole run: the address, the workers, the banner, the live line, the signals, and what is said at the end.
import { resolve } from 'node:path'
import type { NamedFiles } from '../apis/api.ts'
import { describeMisspelt } from '../config/config.ts'
import { messageOf, type RunError } from '../config/errors.ts'
import { formatAddress, formatMs, plural } from '../config/format.ts'
import type { Address } from '../config/parsers.ts'
import { startedBy } from '../config/role.ts'
import { type Paint, painterFor } from '../config/terminal.ts'
import { refuseUnknownFiles } from '../server/knownfiles.ts'
import { Steering } from '../server/steering.ts'
import { addressesOf, type Config, shownConfig } from '../config/upstreams.ts'
import { commit, version, versionText } from '../config/version.ts'
import { canonical, claim, remove } from '../server/unixsocket.ts'
import { type Collection, makeReport, type RunFacts } from '../stats/report.ts'
import { renderSummary } from '../stats/summary.ts'
import { type BannerFacts, renderBanner, renderQuiet } from './banner.ts'
import { readAgain, readFiles } from './files.ts'
import { Fleet } from './fleet.ts'
import {
  addressOf,
  canSharePort,
  claimPort,
  countCpus,
  countWorkers,
  describeHost,
  isContainer,
  isFirst,
  isForeground,
  lock,
  refuseTwins,
  descriptorLimit,
  ephemeralPorts,
} from './host.ts'
import { startLiveLine } from './live.ts'
import { prepareIdentity } from './tls.ts'
import { watchParent } from './parent.ts'
import { clearReady, describeReady, type Ready, removeReady, writeReady } from './readyfile.ts'
import { checkReport, writeReport } from './reportfile.ts'
import { Signals } from './signals.ts'

/**
 * Serves until a signal ends it. Resolves when every worker has ended in order; what is thrown when it has served comes after the summary.
 * `misspelt` are environment variables to warn of.
 * @throws UsageError when a file that answers are made from is not as it should be
 * @throws RunError when the address or the report file cannot be had, a worker cannot start, or workers keep dying
 */
export async function supervise(config: Config, misspelt: BannerFacts['misspelt']): Promise<void> {
  const { run: settings } = config
  const count = countWorkers(config)
  if (settings.report !== '') checkReport(settings.report)
  clearReady(settings.readyFile)
  const files = await readFiles(config)
  const signals = new Signals()
  const parent = startedBy(process.env)
  if (settings.exitWithParent || parent !== undefined)
    watchParent(() => process.kill(process.pid, 'SIGTERM'), parent)
  const identity = await prepareIdentity(settings)
  try {
    const isPicked = settings.listen?.port === 0
    const settled = await claimAddresses({ ...config, run: { ...settings, workers: count } })
    if (settings.socket !== '') {
      lock(canonical(settings.socket))
      await claim(settings.socket)
    }
    if (signals.came) return
    await run(settled, files, { identity, isPicked, misspelt }, signals)
  } finally {
    identity?.remove()
  }
}

/** The configuration with the ports that there are, all of them ours from now on. */
async function claimAddresses(config: Config): Promise<Config> {
  const claimed = new Map<Address | null, Address>()
  await refuseTwins(addressesOf(config))
  for (const address of addressesOf(config)) claimed.set(address, await claimAddress(address))
  const known = [...claimed.values()]
  const settle = (address: Address | null): Address | null =>
    address &&
    (claimed.get(address) ?? known.find((one) => formatAddress(one) === formatAddress(address)) ?? address)
  // Where no upstream is at the address of the run, nor on the socket alone, that of the first one takes its place.
  const usual = config.upstreams.some(({ listen }) => listen === null)
    ? config.run.listen
    : config.upstreams[0].listen
  const run = { ...config.run, listen: settle(usual) }
  const upstreams = config.upstreams.map((upstream) => ({
    ...upstream,
    listen: settle(upstream.listen),
    // Whoever looks at the settings of an upstream finds those of the run in them.
    phases: upstream.phases.map((phase) => ({
      ...phase,
      settings: { ...phase.settings, listen: run.listen, workers: run.workers },
    })),
  }))
  return { ...config, run, upstreams: upstreams as unknown as Config['upstreams'] }
}

/** The address with its port, ours from now on. */
async function claimAddress(address: Address): Promise<Address> {
  const claimed = { ...address, port: await claimPort(address) }
  const host = (await addressOf(address.host)) ?? address.host
  lock(formatAddress(claimed), formatAddress({ ...claimed, host }))
  return claimed
}

/** Runs the workers of a config in which everything is settled. */
async function run(
  config: Config,
  files: NamedFiles,
  known: Pick<BannerFacts, 'identity' | 'isPicked' | 'misspelt'>,
  signals: Signals,
): Promise<void> {
  const { identity } = known
  const { run: settled } = config
  const facts: RunFacts = {
    version,
    commit,
    config: shownConfig(config), // it is told to whoever asks
    startedAtMs: Date.now(),
    cpus: countCpus(),
    descriptorLimit: descriptorLimit(),
  }
  const steering: Steering = new Steering(config, {
    apply: async (changed) => {
      refuseUnknownFiles(changed, fleet.files)
      countWorkers({ ...changed, run: settled }) // a limit may be too small to be shared
      await fleet.change(changed)
    },
    begin: (began) => fleet.begin(began),
    unixMs: Date.now,
  })
  const assignment = {
    config,
    createdAt: Math.floor(facts.startedAtMs / 1000),
    files,
    facts,
    sharePort: canSharePort,
    ...(identity && { tls: { cert: identity.cert, key: identity.key } }),
  }
  const fleet = new Fleet(settled.workers, assignment, (order) =>
    fleet.ready.then(() => steering.steer(order)),
  )
  const removeSocket = (): void => remove(settled.socket, fleet.socketFile) // if its worker was killed
  if (Object.keys(files.rules).length > 0)
    reloadOnHangUp(() => readAgain(fleet.files, steering.config), fleet)
  fleet.ended.then(removeSocket, removeSocket).catch(() => {}) // it may not be ours to remove any more
  process.stdout.on('error', () => {}) // whoever read it has gone: serving goes on
  const say = (text: string): void => void (settled.quiet || process.stdout.write(text))
  let stopLiveLine = (): void => {}
  signals.heedBy((isFirst) => {
    stopLiveLine()
    if (isFirst) {
      void fleet.collect(false).then(({ merged: { open } }) => {
        if (open > 0)
          say(
            `\nStopping: ${plural(open, 'open stream')} may go on for ${formatMs(settled.graceMs)}; a second signal cuts ${open === 1 ? 'it' : 'them'}.\n`,
          )
      })
    }
    fleet.end(settled.graceMs)
  })
  const serving = await Promise.race([fleet.ready.then(() => true), fleet.ended.then(() => false)])
  if (!serving) return // ended by a signal before it began
  const socket = settled.socket && resolve(settled.socket) // for terminals in other folders
  if (settled.quiet)
    for (const [name, meant] of known.misspelt)
      console.error(`mock-llm-api: ${describeMisspelt(name, meant)}`)
  process.stdout.write(
    settled.quiet
      ? renderQuiet({ config, ...known })
      : renderBanner({
          version: versionText,
          config: { ...config, run: { ...settled, socket } },
          descriptorLimit: facts.descriptorLimit,
          ephemeralPorts: ephemeralPorts(),
          inContainer: isContainer() && isFirst(),
          ...known,
        }),
  )
  const unready = tellReady(settled.readyFile, () =>
    describeReady(
      { ...config, run: { ...settled, socket } },
      identity?.isOurs ? identity.certFile : null,
      identity !== undefined,
      process.pid,
    ),
  )
  if (unready !== undefined) fleet.end(0)
  if (!settled.quiet)
    stopLiveLine = startLiveLine(process.stdout, () => fleet.collect(false), paint(), isForeground)
  const { last, failure = unready } = await fleet.ended.finally(() => {
    stopLiveLine()
    removeReady(settled.readyFile)
  })
  try {
    await finish(last, facts)
  } catch (thrown) {
    if (failure === undefined) throw thrown
    console.error(`mock-llm-api: ${messageOf(thrown)}`)
  }
  if (failure !== undefined) throw failure
}

/** Writes the ready file, where one is wanted. @returns why that failed: whoever waits for it would wait for ever */
function tellReady(path: string, describe: () => Ready): RunError | undefined {
  if (path === '') return undefined
  try {
    writeReady(path, describe())
    return undefined
  } catch (thrown) {
    return thrown as RunError
  }
}

/** On SIGHUP the rules are read again. Where a file is not as it should be, that is told, and all stays as it was. */
function reloadOnHangUp(read: () => Promise<NamedFiles>, fleet: Fleet): void {
  let reading: Promise<unknown> = fleet.ready.catch(() => {})
  process.on('SIGHUP', () => {
    reading = reading.then(async () => {
      try {
        const files = await read()
        fleet.reload(files)
        console.error(`mock-llm-api: ${plural(Object.values(files.rules).flat().length, 'rule')} read again`)
      } catch (thrown) {
        console.error(`mock-llm-api: ${messageOf(thrown)}; the rules stay as they were`)
      }
    })
  })
}

function paint(): Paint {
  return painterFor(process.stdout.isTTY, process.env)
}

/**
 * Prints the summary and writes the report, as far as they are wanted.
 * @throws RunError when the report cannot be written; it is on stderr then
 */
async function finish(last: Collection, facts: RunFacts): Promise<void> {
  const endedAtMs = Date.now()
  const report = makeReport(last, facts, endedAtMs)
  const { quiet, report: path } = facts.config.run
  if (!quiet) process.stdout.write(`\n${renderSummary(report, paint(), process.stdout.columns)}`)
  if (path === '') return
  const manifest = { ...report, endedAt: new Date(endedAtMs).toISOString(), host: describeHost() }
  const text = JSON.stringify(manifest, null, 2)
  await writeReport(path, `${text}\n`).catch((thrown: unknown) => {
    console.error(text)
    throw thrown
  })
}
