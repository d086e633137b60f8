// What the supervisor asks the operating system.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { refuseUnshared } from '../config/config.ts'
import { RunError, UsageError } from '../config/errors.ts'
import { formatAddress } from '../config/format.ts'
import { type Address, usualHost } from '../config/parsers.ts'
import { allSettingsOf, type Config } from '../config/upstreams.ts'

/** Several processes can share a port by SO_REUSEPORT. */
export const canSharePort: boolean = process.platform === 'linux'

/** The same executable again: the binary itself, or Bun with the entry file. */
export const command: readonly string[] = Bun.isStandaloneExecutable
  ? [process.execPath]
  : [process.execPath, Bun.main]

type CountedConfig = Pick<Config, 'upstreams'> & {
  readonly run: Pick<Config['run'], 'listen' | 'workers' | 'sessions'>
}

/**
 * How many workers to start: as asked, or one per CPU that this process may use. Workers share nothing, so a script of faults, a
 * rate limit or a limit of open replies is exact with one worker only, which is then the default.
 * @throws UsageError for more than one where the port cannot be shared, or for more than a limit can be divided by
 */
export function countWorkers(config: CountedConfig, sharing: boolean = canSharePort): number {
  const { workers } = config.run
  const all = allSettingsOf(config)
  for (const { name, phases } of config.upstreams)
    for (const { settings } of phases) refuseUnshared({ ...settings, workers }, name)
  const counts =
    config.run.sessions > 0 ||
    all.some(({ fault, rateLimit, maxOpen }) => fault.mode === 'script' || rateLimit > 0 || maxOpen > 0)
  if (config.upstreams.some(({ listen }) => (listen ?? config.run.listen) === null)) return 1
  if (sharing) return workers || (counts ? 1 : countCpus())
  if (workers > 1)
    throw new UsageError(
      `--workers ${workers} needs Linux: elsewhere processes cannot share a port, so one worker serves`,
    )
  return 1
}

/** CPUs that this process may use. */
export function countCpus(): number {
  return availableParallelism()
}

/**
 * Is this the first process of its container, or started by that? Whoever stops the container stops it then, and not where somebody
 * has started it by hand in there.
 */
export function isFirst(pid: number = process.pid, parent: number = process.ppid): boolean {
  return pid === 1 || parent === 1
}

/** Is it this process whom the terminal belongs to, and not in the background of a shell? Where nobody says, it is. */
export function isForeground(stat: () => string = () => readFileSync('/proc/self/stat', 'utf8')): boolean {
  try {
    // Behind the name, which may hold anything: state, parent, group, session, terminal, the group that the terminal belongs to.
    const fields = stat()
      .replace(/^.*\)\s/s, '')
      .split(' ')
    return fields[2] === fields[5]
  } catch {
    return true
  }
}

/** Whether it runs in a container: Docker and Podman leave a file, and elsewhere the first process is one of the system. */
export function isContainer(
  pid: number = process.pid,
  exists: (path: string) => boolean = existsSync,
): boolean {
  return pid === 1 || exists('/.dockerenv') || exists('/run/.containerenv')
}

/** What a report must say of the host so that its figures mean something elsewhere. */
export function describeHost(): Readonly<Record<string, unknown>> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    usableCpus: countCpus(),
    memoryBytes: totalmem(),
    kernel: `${platform()} ${release()}`,
    bun: Bun.version,
    descriptorLimit: descriptorLimit() ?? null,
    ephemeralPorts: ephemeralPorts() ?? null,
  }
}

/** A socket's name has at most 107 bytes; what is longer than this is named by its hash. */
const MAX_LOCK_CHARS = 64

/**
 * Keeps other instances off an address or a socket for the life of this process. Without it two that start at the same moment would
 * both pass `claimPort` and then share the port in silence. Does nothing but on Linux, where alone a port can be shared.
 * `known`: what others may call it as well.
 * @throws RunError when another instance holds it
 */
export function lock(what: string, known = what): void {
  if (!canSharePort) return
  try {
    // An abstract Unix socket (Linux): it has a name but no file, and is gone with the process. Anybody may connect to it.
    const name = known.length > MAX_LOCK_CHARS ? createHash('sha256').update(known).digest('hex') : known
    const socket = { open: (visitor: Bun.Socket) => void visitor.terminate(), data: () => {} }
    Bun.listen({ unix: `\0mock-llm-api ${name}`, socket }).unref()
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'EADDRINUSE') return // there are no abstract sockets here; claimPort still refuses a busy port
    throw new RunError(
      `cannot listen on ${what}: another mock-llm-api is starting or serving there; stop that, or choose another`,
    )
  }
}

/** Longer than this host takes to refuse its own connection. */
const REFUSAL_MS = 500

/**
 * Binds the address exclusively for a moment: with SO_REUSEPORT a busy port would be joined in silence.
 * @returns the port, which was picked by the system if it was given as 0
 * @throws RunError saying why the address cannot be had
 */
export async function claimPort(address: Address): Promise<number> {
  if (address.port > 0 && (await isFree(address))) return address.port
  try {
    const probe = Bun.serve({ hostname: address.host, port: address.port, fetch: () => new Response() })
    const port = probe.port!
    await probe.stop(true)
    return port
  } catch (thrown) {
    // For an unknown host Bun.serve throws EINVAL or EADDRINUSE, which would mislead.
    const reason = (await isKnownHost(address.host)) ? reasonOf(thrown) : 'no such host'
    throw new RunError(`cannot listen on ${formatAddress(address)}: ${reason}`)
  }
}

/**
 * Whether the address is free for sure. It is bound without being listened on, since a listener that ends at once resets the clients that
 * are early (of 40 starts under a hail of connections it was 9): it is the near end of a connection, to port 0, which nobody has.
 */
async function isFree({ host, port }: Address): Promise<boolean> {
  if (!canSharePort) return false // elsewhere what is bound and what is listened on are not held apart so well
  const near = await addressOf(host)
  if (near === undefined) return false
  const connecting = Bun.connect({
    hostname: isIPv6(near) ? '::1' : '127.0.0.1',
    port: 0,
    socket: { data: () => {} },
    ...({ localAddress: near, localPort: port } as object), // heeded, and missing in the type
  })
  const { promise: refused, resolve } = Promise.withResolvers<boolean>()
  connecting.then(
    () => resolve(false),
    (thrown: { code?: string }) => resolve(thrown.code === 'ECONNREFUSED'),
  )
  const patience = setTimeout(resolve, REFUSAL_MS, false)
  return refused.finally(() => clearTimeout(patience))
}

/** The address of a host that Bun listens on; undefined where there is none. */
export async function addressOf(host: string): Promise<string | undefined> {
  const found = await ipsOf(host)
  return found.find(isIPv6) ?? found[0]
}

async function ipsOf(host: string): Promise<readonly string[]> {
  if (isIP(host)) return [host]
  const found = await Bun.dns.lookup(host).catch(() => [])
  return found.map(({ address }) => usualHost(address))
}

/** Two names of one address would have its connections shared by chance. @throws UsageError naming both */
export async function refuseTwins(addresses: readonly Address[]): Promise<void> {
  const known = new Map<string, Address>()
  for (const address of addresses.filter(({ port }) => port > 0))
    for (const host of await ipsOf(address.host)) {
      const place = formatAddress({ host, port: address.port })
      const twin = known.get(place) ?? address
      if (twin !== address)
        throw new UsageError(
          `${formatAddress(twin)} and ${formatAddress(address)} are one address of this host: write both the same, or give one of them another port`,
        )
      known.set(place, address)
    }
}

async function isKnownHost(host: string): Promise<boolean> {
  const { lookup } = await import('node:dns/promises') // only now: it would take 10 ms of every start
  return lookup(host).then(
    () => true,
    () => false,
  )
}

/** Why an address cannot be bound, in words. */
export function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as { code?: string; message: string }
  if (code === 'EADDRINUSE')
    return 'the address is in use; stop what listens there or choose another port with --listen'
  if (code === 'EACCES') return 'not permitted; ports below 1024 belong to root'
  if (code === 'EADDRNOTAVAIL') return 'no interface of this host has that address'
  return message
}

/** The most descriptors one worker may open, or undefined where the system does not say. */
export function descriptorLimit(): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(readText('/proc/self/limits'))?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** The range outgoing connections take their local ports from, or undefined where the system does not say. */
export function ephemeralPorts(): readonly [first: number, last: number] | undefined {
  const [, first, last] = /^(\d+)\s+(\d+)/.exec(readText('/proc/sys/net/ipv4/ip_local_port_range')) ?? []
  return first === undefined || last === undefined ? undefined : [Number(first), Number(last)]
}

/** Where the system does not say how many ports there are: the range of most. */
const USUAL_PORTS = 16_000

/** How many connections one address of this host can open to one port. */
export function localPorts(
  range: readonly [first: number, last: number] | undefined = ephemeralPorts(),
): number {
  const [first, last] = range ?? [0, USUAL_PORTS]
  return last - first
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not Linux
  }
}
