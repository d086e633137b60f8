// Is a mock ready? For health checks of containers and for scripts that wait.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { RunError, UsageError } from '../config/errors.ts'
import { formatAddress, quoteText } from '../config/format.ts'
import { parseListen } from '../config/parsers.ts'
import { addressesOf, type Config } from '../config/upstreams.ts'
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
 * `given` is a base URL, that of an upstream with its prefix, `host:port` or a port; without it the mock that this configuration would start on this host, at
 * its first address that is known.
 * @throws UsageError when it is no address
 */
export function healthTarget(
  given: string | undefined,
  config: Pick<Config, 'run' | 'upstreams'>,
): HealthTarget {
  if (given !== undefined) return { url: readyUrl(given) }
  const { socket, tls, tlsCert } = config.run
  const [listen] = addressesOf(config).toSorted((a, b) => Number(a.port === 0) - Number(b.port === 0))
  if (listen === undefined) return { url: readyUrl('http://localhost'), unix: socket }
  const scheme = tls || tlsCert !== '' ? 'https' : 'http'
  return { url: readyUrl(`${scheme}://${formatAddress(reachable(listen))}`) }
}

function readyUrl(given: string): string {
  const isPort = /^:?\d{1,5}$/.test(given) && Number(given.replace(':', '')) <= 65_535
  const address = isPort ? formatAddress(reachable(parseListen(given)!)) : given
  const text = /^\w+:\/\//.test(address) ? address : `http://${address}`
  if (!/^https?:/.test(text) || !URL.canParse(text))
    throw new UsageError(
      `health does not accept ${quoteText(given)}: it takes a URL, as in http://127.0.0.1:8080, host:port or a port`,
    )
  const url = new URL(text)
  url.pathname = `${url.pathname.replace(/(\/v\d+|\/readyz)?\/*$/, '')}/readyz`
  return url.href
}

/**
 * Asks once, and says in words that it is ready. No proxy is asked, whatever the environment says. A certificate is not checked: the
 * question is whether anybody serves.
 * @throws RunError saying what was answered instead of 200
 */
export function checkHealth({ url, unix }: HealthTarget): Promise<string> {
  const place = unix === undefined ? url : `${url} through ${unix}`
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail(`does not answer within ${PATIENCE_MS / 1000} s`)
      sent.destroy()
    }, PATIENCE_MS)
    const fail = (what: string): void => {
      clearTimeout(timer)
      reject(new RunError(`${place} ${what}`))
    }
    const options = {
      agent: false,
      rejectUnauthorized: false,
      ...(unix !== undefined && { socketPath: unix }),
    }
    const sent = request(url, options, ({ statusCode }) => {
      if (statusCode !== 200) fail(`answers ${statusCode} instead of 200`)
      clearTimeout(timer)
      resolve(`${place} says that it is ready`)
      sent.destroy()
    })
    sent.on('error', ({ message, code }: Error & { readonly code?: string }) =>
      fail(`does not answer (${code ?? message}): is it another address? health takes a URL`),
    )
    sent.end()
  })
}
