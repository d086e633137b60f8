// What the user sees when all workers serve. Pure: text in, text out.
import type { Config } from '../config/config.ts'
import { formatAddress, formatMs } from '../config/units.ts'

/** A worker below this many descriptors is the likely first limit of a benchmark: one connection takes one. */
const FEW_DESCRIPTORS = 10_000

export interface BannerFacts {
  readonly version: string
  readonly config: Config
  readonly port: number
  readonly workers: number
  readonly descriptorLimit: number | undefined
  readonly ephemeralPorts: readonly [first: number, last: number] | undefined
}

export function renderBanner({ version, config, port, workers, ...limits }: BannerFacts): string {
  const { host } = config.listen
  const url = `http://${formatAddress({ host: clientHost(host), port })}`
  const everywhere = clientHost(host) === host ? '' : ', all interfaces'
  const lines = [
    `mock-llm-api ${version}: http://${formatAddress({ host, port })}${everywhere}, ${plural(workers, 'worker')}`,
    `Each reply: ${describeReply(config)}.`,
    '',
    `  export OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=mock`,
    `  curl -N -X POST ${url}/v1/chat/completions`,
    '',
    ...warnings({ config, ...limits }).map((warning) => `Warning: ${warning}.`),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** The reply in words: `18 chunks, 50 ms apart, 950 ms in all`. */
export function describeReply({
  chunkCount,
  chunkDelayMs,
}: Pick<Config, 'chunkCount' | 'chunkDelayMs'>): string {
  const chunks = chunkCount === 0 ? 'no content' : plural(chunkCount, 'chunk')
  if (chunkDelayMs === 0) return `${chunks}, as fast as possible`
  const pace = chunkCount === 0 ? '' : `${formatMs(chunkDelayMs)} apart, `
  return `${chunks}, ${pace}${formatMs((chunkCount + 1) * chunkDelayMs)} in all`
}

function warnings({
  config,
  descriptorLimit,
  ephemeralPorts,
}: Pick<BannerFacts, 'config' | 'descriptorLimit' | 'ephemeralPorts'>): string[] {
  const found: string[] = []
  if (descriptorLimit !== undefined && descriptorLimit < FEW_DESCRIPTORS)
    found.push(
      `each worker may open ${descriptorLimit} descriptors, so about as many connections; raise it with ulimit -n`,
    )
  const { port } = config.listen
  const [first, last] = ephemeralPorts ?? [0, -1]
  if (port >= first && port <= last)
    found.push(
      `port ${port} lies in the range of outgoing connections (${first} to ${last}): one of them may hold it at the next start`,
    )
  return found
}

/** Where a client on this host reaches a server that listens on `host`. */
function clientHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return /^[0:]+$/.test(host) ? '::1' : host
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
