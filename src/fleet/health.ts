// Is a mock ready? For health checks of containers and for scripts that wait.
import type { Config } from '../config/config.ts'
import { messageOf, RunError, UsageError } from '../config/errors.ts'
import { formatAddress, quoteText } from '../config/format.ts'
import { reachable } from './banner.ts'

/** A mock that takes longer is none that one could use. */
const PATIENCE_MS = 2_000

/** Where to ask. */
export interface HealthTarget {
  readonly url: string
  /** The Unix socket to ask through, if any. */
  readonly unix?: string
}

/**
 * `given` is a base URL or `host:port`; without it the mock that these settings would start on this host.
 * @throws UsageError when it is no address
 */
export function healthTarget(
  given: string | undefined,
  { listen, socket, tls, tlsCert }: Pick<Config, 'listen' | 'socket' | 'tls' | 'tlsCert'>,
): HealthTarget {
  if (given !== undefined) return { url: readyUrl(given) }
  if (listen === null) return { url: readyUrl('http://localhost'), unix: socket }
  const scheme = tls || tlsCert !== '' ? 'https' : 'http'
  return { url: readyUrl(`${scheme}://${formatAddress(reachable(listen))}`) }
}

function readyUrl(given: string): string {
  const text = /^\w+:\/\//.test(given) ? given : `http://${given}`
  if (!/^https?:/.test(text) || !URL.canParse(text))
    throw new UsageError(
      `health does not accept ${quoteText(given)}: it takes a URL, as in http://127.0.0.1:8080`,
    )
  return new URL('/readyz', text).href
}

/**
 * Asks once, and says in words that it is ready. A certificate is not checked: the question is whether anybody serves.
 * @throws RunError saying what was answered instead of 200
 */
export async function checkHealth({ url, unix }: HealthTarget): Promise<string> {
  const place = unix === undefined ? url : `${url} through ${unix}`
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(PATIENCE_MS),
    tls: { rejectUnauthorized: false },
    redirect: 'manual',
    ...(unix !== undefined && { unix }),
  }).catch((thrown: unknown) => {
    throw new RunError(
      `${place} does not answer (${reasonOf(thrown)}): is it another address? health takes a URL`,
    )
  })
  await answer.body?.cancel()
  if (answer.status !== 200) throw new RunError(`${place} answers ${answer.status} instead of 200`)
  return `${place} says that it is ready`
}

/** A code such as ECONNREFUSED says more than the sentence that goes with it. */
function reasonOf(thrown: unknown): string {
  const { code } = thrown as { readonly code?: unknown }
  return typeof code === 'string' ? code : messageOf(thrown)
}
