// The command `compare`: its progress, its output, and Ctrl-C.
import { writeFileSync } from 'node:fs'
import type { CompareConfig } from '../../config/compare.ts'
import { messageOf, RunError } from '../../config/errors.ts'
import type { Surroundings } from '../calibrate/results.ts'
import { attend } from '../terminal.ts'
import { compare, noFindings } from './compare.ts'
import { renderMarkdown, renderText } from './render.ts'
import { makeCompareReport } from './report.ts'
import { sheetOf } from './sheet.ts'

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
  const print = async (): Promise<void> => {
    if (found.steps.length === 0) return
    const report = makeCompareReport(found, config, known)
    if (config.html !== '') await writePage(config.html, report)
    process.stdout.write(
      config.json
        ? `${JSON.stringify(report, null, 2)}\n`
        : (config.markdown ? renderMarkdown : renderText)(sheetOf(report)),
    )
  }
  await attend(
    command,
    (rig, progress) => compare(config, serverOptions, { ...known, progress }, rig, found),
    print,
  )
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
