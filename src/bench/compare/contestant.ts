// Who is compared: the mock itself, and the same through what is in between. Each is asked before anything is timed.
import { RunError } from '../../config/errors.ts'
import { type Asked, probe, type Probed } from '../client/probe.ts'
import { completeUrl, targetOf } from '../client/target.ts'
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
  progress: (text: string) => void,
): Promise<Contestant> {
  const untilMs = performance.now() + PATIENCE_MS
  for (let isTold = false; ; isTold = true) {
    try {
      const probed = await probe(asked, PATIENCE_MS)
      return { name, asked, probed, isSame: isSameText(name, probed, direct.probed), pid }
    } catch (thrown) {
      const { message } = thrown as Error
      if (!/cannot connect|status 5\d\d/.test(message) || performance.now() > untilMs)
        throw new RunError(message.replace('cannot measure', `cannot compare --via ${name}`))
      if (!isTold) progress(`waiting for ${name} to answer`)
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

/** The text without what differs from reply to reply. */
function unstamp(text: string): string {
  return text.replaceAll(new RegExp(STAMP, 'g'), '')
}
