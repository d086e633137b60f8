// A whole run: the address, the workers, the banner, the live line, the signals, and what is said at the end.
import type { Config } from '../config/config.ts'
import { formatMs } from '../config/units.ts'
import { commit, version, versionText } from '../config/version.ts'
import { type Collection, makeReport, type RunFacts } from '../stats/report.ts'
import { renderSummary } from '../stats/summary.ts'
import { type BannerFacts, renderBanner } from './banner.ts'
import { Fleet } from './fleet.ts'
import {
  canSharePort,
  claimPort,
  countCpus,
  countWorkers,
  describeHost,
  lockAddress,
  descriptorLimit,
  ephemeralPorts,
} from './host.ts'
import { startLiveLine } from './live.ts'
import { checkWritable, writeAtomically } from './reportfile.ts'

/** npm hands on the Ctrl-C that its children get from the terminal anyway: within this time it is the same one. */
const SAME_SIGNAL_MS = 250

/** Not SIGHUP: a handler would undo `nohup`. When a terminal closes, the supervisor dies of it and the workers leave. */
const signals = ['SIGINT', 'SIGTERM'] as const

/**
 * Serves until a signal ends it. Resolves when every worker has ended in order.
 * `misspelt` are environment variables to warn of.
 * @throws RunError when the address or the report file cannot be had, a worker cannot start, or workers keep dying
 */
export async function supervise(config: Config, misspelt: BannerFacts['misspelt']): Promise<void> {
  const count = countWorkers(config)
  if (config.report !== '') checkWritable(config.report)
  const port = await claimPort(config.listen)
  lockAddress({ ...config.listen, port })
  const settled: Config = { ...config, listen: { ...config.listen, port }, workers: count }
  const facts: RunFacts = {
    version,
    commit,
    config: settled,
    startedAtMs: Date.now(),
    cpus: countCpus(),
    descriptorLimit: descriptorLimit(),
  }
  const setup = { config: settled, createdAt: Math.floor(facts.startedAtMs / 1000) }
  const fleet = new Fleet(count, { setup, facts, sharePort: canSharePort })
  process.stdout.on('error', () => {}) // whoever read it has gone: serving goes on
  const say = (text: string): void => void (config.quiet || process.stdout.write(text))
  let firstSignalMs = Number.NEGATIVE_INFINITY
  const onSignal = (): void => {
    const nowMs = performance.now()
    if (nowMs - firstSignalMs < SAME_SIGNAL_MS) return
    if (firstSignalMs === Number.NEGATIVE_INFINITY) {
      firstSignalMs = nowMs
      void fleet.collect(false).then(({ merged: { open } }) => {
        if (open > 0)
          say(
            `\nStopping: ${open} open streams may go on for ${formatMs(config.graceMs)}; a second signal cuts them.\n`,
          )
      })
    }
    fleet.end(config.graceMs)
  }
  for (const signal of signals) process.on(signal, onSignal)
  const serving = await Promise.race([fleet.ready.then(() => true), fleet.ended.then(() => false)])
  if (!serving) return // ended by a signal before it began
  say(
    renderBanner({
      version: versionText,
      config,
      port,
      workers: count,
      descriptorLimit: facts.descriptorLimit,
      ephemeralPorts: ephemeralPorts(),
      misspelt,
    }),
  )
  const stopLiveLine = config.quiet ? () => {} : startLiveLine(process.stdout, () => fleet.collect(false))
  finish(await fleet.ended.finally(stopLiveLine), facts)
}

/** Prints the summary and writes the report, as far as they are wanted. */
function finish(last: Collection, facts: RunFacts): void {
  const endedAtMs = Date.now()
  const report = makeReport(last, facts, endedAtMs)
  if (!facts.config.quiet) process.stdout.write(`\n${renderSummary(report)}`)
  if (facts.config.report === '') return
  const manifest = { ...report, endedAt: new Date(endedAtMs).toISOString(), host: describeHost() }
  writeAtomically(facts.config.report, `${JSON.stringify(manifest, null, 2)}\n`)
}
