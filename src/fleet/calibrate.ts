// The command `calibrate`: what it knows of the host, its progress, its output, and Ctrl-C.
import { calibrate } from '../bench/calibrate.ts'
import type { Surroundings } from '../bench/results.ts'
import { Stage } from '../bench/drive.ts'
import { measureForeign } from '../bench/foreign.ts'
import { renderCalibration, renderForeign } from '../bench/render.ts'
import type { CalibrateConfig } from '../config/calibrate.ts'
import { RunError } from '../config/errors.ts'
import { versionText } from '../config/version.ts'
import { command, countCpus, describeHost, descriptorLimit, ephemeralPorts } from './host.ts'

const CLEAR_LINE = '\r\u001b[2K'
/** Where the system does not say how many ports there are. */
const USUAL_PORTS = 16_000
const SIGNALLED = 130

/**
 * Measures and prints. Progress goes to stderr: on a terminal one line that is replaced, elsewhere a line a step.
 * @throws RunError when something cannot be measured
 */
export async function runCalibrate(config: CalibrateConfig): Promise<void> {
  const { isTTY } = process.stderr
  const say = (text: string): void => void process.stderr.write(isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`)
  process.stdout.on('error', () => {}) // whoever read it has gone
  const stage = new Stage(command)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (isTTY) process.stderr.write(CLEAR_LINE)
      void stage.clear().then(() => process.exit(SIGNALLED))
    })
  const [first, last] = ephemeralPorts() ?? [0, USUAL_PORTS]
  const surroundings: Surroundings = {
    version: versionText,
    host: describeHost(),
    cpus: countCpus(),
    descriptorLimit: descriptorLimit(),
    localPorts: last - first,
    apiKey: process.env['OPENAI_API_KEY'],
    progress: say,
  }
  try {
    const [found, text] =
      config.url === null
        ? await calibrate(config, surroundings, stage).then(
            (result) => [result, renderCalibration(result)] as const,
          )
        : await measureForeign(config, config.url, surroundings, stage).then(
            (result) => [result, renderForeign(result)] as const,
          )
    if (isTTY) process.stderr.write(CLEAR_LINE)
    process.stdout.write(config.json ? `${JSON.stringify(found, null, 2)}\n` : text)
    if ('errors' in found && found.errors > 0)
      throw new RunError(`${found.errors} requests failed, the first because: ${found.error}`)
  } catch (thrown) {
    if (isTTY) process.stderr.write(CLEAR_LINE)
    throw thrown
  } finally {
    await stage.clear()
  }
}
