// What the user sees when all workers serve. Pure: text in, text out.
import { describeMisspelt, type Settings } from '../config/config.ts'
import { contentText } from '../config/contents.ts'
import { describeFaultPlan, describeReplies } from '../config/describe.ts'
import { fileOf } from '../config/texts.ts'
import { type OptionName, options } from '../config/options.ts'
import { STDOUT } from '../config/servingoptions.ts'
import { flagOf } from '../config/table.ts'
import type { Jitter } from '../config/jitter.ts'
import { clientHost, formatAddress, formatMs, plural } from '../config/format.ts'
import type { Address } from '../config/parsers.ts'
import { addressesOf, allSettingsOf, areNamed, type Config, type Upstream } from '../config/upstreams.ts'
import type { Identity } from './tls.ts'

/** With fewer descriptors per worker a benchmark is likely to run out of them first: each connection takes one. */
const FEW_DESCRIPTORS = 10_000

/** What `docker stop` leaves a container until it is killed, ms, and what the end takes after the grace period. */
export const STOP_MS = 10_000
export const SPARE_MS = 2_000

/** Where Node, then OpenSSL, Go and Python's httpx, then Python's requests look for authorities. The last two look nowhere else then. */
const TRUST_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE']

export interface BannerFacts {
  readonly version: string
  /** With the port and the number of workers there really are. */
  readonly config: Config
  /** The system has picked the port. */
  readonly isPicked: boolean
  /** Of TLS; undefined when there is none. */
  readonly identity: Omit<Identity, 'remove'> | undefined
  readonly descriptorLimit: number | undefined
  /** Whoever stops it knows nothing of the grace period. */
  readonly inContainer: boolean
  readonly ephemeralPorts: readonly [first: number, last: number] | undefined
  /** Environment variables that set nothing, and what was probably meant. */
  readonly misspelt: readonly (readonly [given: string, meant: string])[]
}

/** What nobody could know who does not see the banner: a port that was picked, a certificate that was made; a line each. */
export function renderQuiet({
  config: {
    run: { listen, readyFile },
  },
  isPicked,
  identity,
}: QuietFacts): string {
  if (readyFile === STDOUT) return '' // which tells all of it
  const scheme = identity === undefined ? 'http' : 'https'
  const lines = [
    ...(isPicked && listen !== null ? [`${scheme}://${formatAddress(reachable(listen))}`] : []),
    ...(identity?.isOurs ? [identity.certFile] : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

type QuietFacts = Pick<BannerFacts, 'config' | 'isPicked' | 'identity'>

export function renderBanner({ version, config, identity, ...limits }: BannerFacts): string {
  const { run, upstreams } = config
  const { socket, workers, engine } = run
  const scheme = identity === undefined ? 'http' : 'https'
  const places = [
    ...addressesOf(config).map(
      (address) => `${scheme}://${formatAddress(address)}${isEverywhere(address) ? ', all interfaces' : ''}`,
    ),
    ...(socket === '' ? [] : [`socket ${socket}`]),
  ]
  const first = upstreams[0].phases[0].settings
  const lines = [
    `mock-llm-api ${version}: ${places.join(', ')}, ${plural(workers, 'worker')}, engine ${engine}`,
    ...upstreams.flatMap((upstream) => describeUpstream(upstream, config, scheme)),
    ...describeIdentity(identity),
    ...(areNamed(config) || first.apiKey === ''
      ? []
      : ['Only the key you gave is let in: put it into OPENAI_API_KEY.']),
    ...describeOwnDoors(run),
    ...(socket !== '' && identity !== undefined ? ['The socket is in clear text.'] : []),
    ...(limits.inContainer
      ? [`SIGTERM stops the container: open streams may go on for ${formatMs(run.graceMs)}.`]
      : []),
    '',
    ...commands(first, baseOf(upstreams[0], config, scheme), identity).map((command) => `  ${command}`),
    '',
    ...warnings({ config, identity, ...limits }).map((warning) => `Warning: ${warning}.`),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** What an upstream answers, and what it will. */
function describeUpstream(upstream: Upstream, config: Config, scheme: string): string[] {
  const { name, phases, loopMs } = upstream
  const [first, ...others] = phases
  const replies = [describeReplies(first.settings), ...describeFaultPlan(first.settings)]
  const course =
    others.length === 0
      ? []
      : [
          `It changes ${plural(others.length, 'time')}, first after ${formatMs(others[0]!.afterMs)}${loopMs === null ? '' : `, and begins again after ${formatMs(loopMs)}`}.`,
        ]
  if (name === '') return [...replies, ...course]
  const key = first.settings.apiKey === '' ? [] : ['It asks for its key.']
  const base = baseOf(upstream, config, scheme) ?? `the socket${upstream.prefix}`
  return [[`${name} at ${base}:`, ...replies, ...course, ...key].join(' ')]
}

/** What the program takes besides requests of clients. */
function describeOwnDoors({ control, journal, sessions }: Config['run']): string[] {
  const doors = [
    ...(control ? ['PATCH /control changes it'] : []),
    ...(journal === 0
      ? []
      : [
          `GET /requests tells the last ${plural(journal, 'request')} of each worker, GET /verdict judges the client`,
        ]),
    ...(sessions === 0 ? [] : [`X-Test-Session tells ${plural(sessions, 'session')} apart`]),
  ]
  return doors.length === 0 ? [] : [`${doors.join('; ')}.`]
}

/** Where an upstream is to be asked; undefined where it is on the socket alone. */
function baseOf({ listen, prefix }: Upstream, { run }: Config, scheme: string): string | undefined {
  const address = listen ?? run.listen
  return address === null ? undefined : `${scheme}://${formatAddress(reachable(address))}${prefix}`
}

/** What to paste into another terminal. */
function commands(
  { socket, reply, apiKey }: Settings,
  url: string | undefined,
  identity: BannerFacts['identity'],
): string[] {
  const body = reply === 'auto' ? ` -d '{"stream":true}'` : ''
  const key = apiKey === '' ? '' : ' -H "Authorization: Bearer $OPENAI_API_KEY"'
  const post = (options: string, url: string): string =>
    `curl -N${options} -X POST ${quote(`${url}/v1/chat/completions`)}${body}${key}`
  if (url === undefined) return [post(` --unix-socket ${quote(socket)}`, 'http://localhost')]
  const variables = TRUST_VARIABLES.map((name) => `${name}=${quote(identity?.certFile ?? '')}`)
  const trusts = identity?.selfSigned ? [`export ${variables.join(' ')}`] : []
  const trust = identity?.selfSigned ? ` --cacert ${quote(identity.certFile)}` : ''
  return [
    ...trusts,
    `export OPENAI_BASE_URL=${url}/v1${apiKey === '' ? ' OPENAI_API_KEY=mock' : ''}`,
    post(trust, url),
  ]
}

/** As a shell takes it for one word: in quotes when there are spaces, brackets and the like in it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function describeIdentity(identity: BannerFacts['identity']): string[] {
  if (identity === undefined) return []
  const { isOurs, certFile, fingerprint } = identity
  return [`Certificate: ${isOurs ? 'self-signed for this run, ' : ''}${certFile}`, `  SHA-256 ${fingerprint}`]
}

function warnings({
  config,
  identity,
  descriptorLimit,
  ephemeralPorts,
  isPicked,
  inContainer,
  misspelt,
}: Omit<BannerFacts, 'version'>): string[] {
  const found = misspelt.map(([given, meant]) => describeMisspelt(given, meant))
  found.push(...(identity?.concerns ?? []))
  if (descriptorLimit !== undefined && descriptorLimit < FEW_DESCRIPTORS)
    found.push(
      `each worker may open ${descriptorLimit} descriptors, so about as many connections; raise the hard limit (ulimit -Hn)`,
    )
  found.push(...new Set(allSettingsOf(config).flatMap(findIdle)))
  const stopMs = config.run.graceMs + SPARE_MS
  if (inContainer && stopMs > STOP_MS) {
    const seconds = Math.ceil(stopMs / 1000)
    found.push(
      `docker stop kills after 10 s, before the end of the grace period, and nothing is told then: docker stop -t ${seconds}, or terminationGracePeriodSeconds: ${seconds}`,
    )
  }
  const port = config.run.listen?.port ?? -1
  const [first, last] = ephemeralPorts ?? [0, -1]
  if (!isPicked && port >= first && port <= last)
    found.push(
      `port ${port} lies in the range of outgoing connections (${first} to ${last}): one of them may hold it at the next start`,
    )
  return found
}

/** Options that change nothing beside the others. */
function findIdle(config: Settings): string[] {
  const { ttftJitter, chunkDelayJitter, chunkCountJitter, chunkCount, content, reply } = config
  const scales = ({ model }: Jitter): boolean => model !== 'none' && model !== 'quantiles'
  const rows: [name: OptionName, isIdle: boolean, why: string][] = [
    ['ttftJitter', scales(ttftJitter) && config.ttftMs === 0, ', because the delay is 0'],
    ['chunkDelayJitter', scales(chunkDelayJitter) && config.chunkDelayMs === 0, ', because the delay is 0'],
    ['chunkCountJitter', scales(chunkCountJitter) && chunkCount === 0, ', because there are no chunks'],
    [
      'toolRounds',
      String(config.toolRounds) !== options.toolRounds.default && reply !== 'auto',
      ' without --reply auto',
    ],
    [
      'chunkCount',
      String(chunkCount) !== options.chunkCount.default &&
        fileOf(config.text) !== undefined &&
        contentText(content) === 'text',
      ' with --text @FILE, which has as many chunks as words',
    ],
    ['strictModels', config.strictModels && reply !== 'auto', ' without --reply auto'],
    [
      'socketMode',
      config.socketMode !== options.socketMode.default && config.socket === '',
      ' without --socket',
    ],
    [
      'toolName',
      config.toolName !== options.toolName.default && content.calls === 0,
      ' without --content tools',
    ],
  ]
  return rows.flatMap(([name, isIdle, why]) => (isIdle ? [`${flagOf(name)} changes nothing${why}`] : []))
}

function isEverywhere({ host }: Address): boolean {
  return clientHost(host) !== host
}

/** The address at which a client on this host reaches a server that listens on this one. */
export function reachable({ host, port }: Address): Address {
  return { host: clientHost(host), port }
}
