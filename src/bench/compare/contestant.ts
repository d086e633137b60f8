// Who is compared: the mock itself, and the same through what is in between. Each is asked before anything is timed.
import { RunError } from '../../config/errors.ts'
import type { FormatName } from '../../config/requests.ts'
import { findFormat } from '../client/formats.ts'
import { type Asked, probe, type Probed } from '../client/probe.ts'
import { completeUrl, targetOf } from '../client/target.ts'
import { unstamp } from '../client/watch.ts'
import { settleWishes } from '../client/wishes.ts'
import { type CompareConfig, DIRECT } from '../../config/compare.ts'

export interface Contestant {
  readonly name: string
  readonly asked: Asked
  readonly probed: Probed
  /** The text of its answer is that of the mock, byte for byte. */
  readonly isSame: boolean
  readonly pid: number | null
}

/** How long what is in between may take to come up. */
const PATIENCE_MS = 30_000
const RETRY_MS = 100

/** The one format of all that are asked. @throws RunError where their paths are of several */
export function formatOfAll(config: CompareConfig, mock: URL): FormatName | null {
  if (config.format !== null) return config.format
  const known = [{ name: DIRECT, url: mock }, ...config.via].flatMap(({ name, url }) => {
    const format = findFormat(url.pathname)
    return format === undefined ? [] : [{ name, format }]
  })
  const other = known.find(({ format }) => format !== known[0]!.format)
  if (other !== undefined)
    throw new RunError(
      `cannot compare: the path of ${known[0]!.name} is of the format ${known[0]!.format}, and that of ${other.name} of ${other.format}`,
    )
  return known[0]?.format ?? null
}

/** How a contestant is asked. */
export function askedOf(
  config: CompareConfig,
  url: URL,
  environment: Readonly<Record<string, string | undefined>>,
): Asked {
  const wishes = settleWishes(config, url, environment)
  const whole = completeUrl(url, wishes)
  return { url: whole, target: targetOf(whole, wishes) }
}

/** The mock. @throws RunError where it cannot be compared with itself */
export async function probeDirect(asked: Asked): Promise<Contestant> {
  const probed = await probe(asked)
  const again = await probe(asked)
  if (probed.chunks !== again.chunks || unstamp(probed.text) !== unstamp(again.text))
    throw new RunError(
      `cannot compare: two replies of the mock differ (${probed.chunks} and ${again.chunks} chunks); start it without faults and varying lengths`,
    )
  return { name: DIRECT, asked, probed, isSame: true, pid: null }
}

/** What is in between, when it answers. @throws RunError where it does not in time, or leads elsewhere */
export async function probeVia(
  name: string,
  asked: Asked,
  direct: Contestant,
  pid: number | null,
  mock: URL,
  progress: (text: string) => void,
): Promise<Contestant> {
  const untilMs = performance.now() + PATIENCE_MS
  for (let isTold = false; ; isTold = true) {
    try {
      const probed = await probe(asked, PATIENCE_MS)
      return { name, asked, probed, isSame: isSameText(name, probed, direct.probed), pid }
    } catch (thrown) {
      const { message } = thrown as Error
      const isAbsent = /cannot connect|status 5\d\d/.test(message)
      if (!isAbsent || performance.now() > untilMs)
        throw new RunError(
          `${message.replace('cannot measure', `cannot compare --via ${name}`)}${isAbsent ? `; it must lead to ${mock.origin}` : ''}`,
        )
      if (!isTold) progress(`waiting up to 30 s for ${name} to answer`)
      await Bun.sleep(RETRY_MS)
    }
  }
}

/** @throws RunError where the text is of another server */
function isSameText(name: string, { text }: Probed, direct: Probed): boolean {
  if (hasStamps(direct.text) && !hasStamps(text))
    throw new RunError(
      `--via ${name} does not lead to the mock: there are no stamps in its text, which begins ${JSON.stringify(text.slice(0, 60))}`,
    )
  const isSame = unstamp(text) === unstamp(direct.text)
  if (!isSame && !hasStamps(direct.text))
    throw new RunError(
      `--via ${name} does not lead to the mock: it says ${JSON.stringify(text.slice(0, 40))}…, and the mock ${JSON.stringify(direct.text.slice(0, 40))}…`,
    )
  return isSame
}

const STAMP = /\d{8}@\d{16}/

export function hasStamps(text: string): boolean {
  return STAMP.test(text)
}
