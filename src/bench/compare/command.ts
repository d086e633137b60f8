// The command `compare`: its progress, its output, and Ctrl-C.
import type { Surroundings } from '../surroundings.ts'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import type { CompareConfig } from '../../config/compare.ts'
import { messageOf, RunError } from '../../config/errors.ts'
import { plural } from '../../config/format.ts'
import { attend } from '../terminal.ts'
import { compare, noFindings } from './compare.ts'
import { renderMarkdown, renderText } from './render.ts'
import { makeCompareReport } from './report.ts'
import { sheetOf } from './sheet.ts'
import type { Step } from './step.ts'

/**
 * Measures and prints; what is known when it is ended is printed too. `serverOptions` are those of the mock that is started, and
 * `command` runs this executable.
 * @throws RunError when something cannot be measured
 */
export async function runCompare(
  config: CompareConfig,
  serverOptions: readonly string[],
  command: readonly string[],
  known: Omit<Surroundings, 'progress'>,
): Promise<void> {
  const found = noFindings()
  if (config.html !== '') checkPage(config.html)
  const print = async (isEnded: boolean): Promise<void> => {
    if (found.steps.length === 0) {
      if (isEnded) console.error('mock-llm-api: ended before anything was measured')
      return
    }
    const report = makeCompareReport(found, config, known)
    process.stdout.write(
      config.json
        ? `${JSON.stringify(report, null, 2)}\n`
        : (config.markdown ? renderMarkdown : renderText)(sheetOf(report)),
    )
    if (config.html !== '') await writePage(config.html, report)
  }
  await attend(
    command,
    (rig, progress) => compare(config, serverOptions, { ...known, progress }, rig, found),
    print,
  )
  refuseFailures(found.steps)
}

/** @throws RunError where requests have failed, or were never answered: figures of the others are no figures of all */
function refuseFailures(steps: readonly Step[]): void {
  const failed = steps.filter(({ result }) => result.errors > 0 || result.hung > 0)
  const [first] = failed
  if (first === undefined) return
  const times = failed.reduce((sum, { result }) => sum + result.errors + result.hung, 0)
  const reason = first.result.errorKinds[0]?.[0] ?? 'nothing more came of them'
  throw new RunError(`${plural(times, 'request')} failed, the first of ${first.name} because: ${reason}`)
}

/** Before all is measured: else it would be for nothing. @throws RunError where the file cannot be written */
function checkPage(path: string): void {
  try {
    closeSync(openSync(path, 'a'))
  } catch (thrown) {
    throw new RunError(`cannot write --html ${path}: ${messageOf(thrown)}`)
  }
}

/** @throws RunError where the file cannot be written */
async function writePage(path: string, report: ReturnType<typeof makeCompareReport>): Promise<void> {
  const { renderPage } = await import('./page.ts') // only now: it holds a plotting library
  try {
    writeFileSync(path, renderPage(report, sheetOf(report)))
  } catch (thrown) {
    throw new RunError(`cannot write --html ${path}: ${messageOf(thrown)}`)
  }
}
