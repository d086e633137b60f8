// One way to run the image: by Docker's daemon, or its root file system in namespaces of its own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimPort } from '../../src/fleet/host.ts'
import { childrenOf, runToEnd, start, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'
import type { Image } from './_image.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Container {
  readonly url: string
  /** Of its first process, as this host counts. */
  readonly pid: number
  /** Runs the executable beside the first process, as `docker exec` does. */
  exec(...args: string[]): Promise<Ended>
  /** SIGTERM to the first process, and what it ends with. */
  stop(): Promise<Ended>
  remove(): Promise<void>
}

/** Starts a container with arguments and variables; its root file system is read-only, but for /tmp where `temporary` says so. */
export type Run = (args: readonly string[], temporary?: boolean) => Promise<Container>

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']

const docker = (...args: string[]): Promise<Ended> => runToEnd(['docker'], args, {}, 300_000)

/** Whether there is a daemon that answers. */
export async function hasDocker(): Promise<boolean> {
  return Bun.which('docker') !== null && (await docker('info', '--format', '{{.ServerVersion}}')).code === 0
}

/** Runs `docker` and tells what it printed. @throws Error with what it complained of */
export async function dockerText(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(...args)
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

export function byDocker(tag: string, { entrypoint }: Image): Run {
  return async (args, temporary = false) => {
    const id = await dockerText(
      ...['run', '--detach', '--read-only', '--cap-drop', 'ALL', '--publish', '127.0.0.1::8080'],
      ...(temporary ? ['--tmpfs', '/tmp'] : []),
      ...[tag, ...args],
    )
    return {
      url: `http://${await dockerText('port', id, '8080/tcp')}`,
      pid: Number(await dockerText('inspect', '--format', '{{.State.Pid}}', id)),
      exec: (...words) => docker('exec', id, ...entrypoint, ...words),
      stop: async () => {
        await dockerText('stop', id)
        const code = Number(await dockerText('inspect', '--format', '{{.State.ExitCode}}', id))
        return { ...(await docker('logs', id)), code }
      },
      remove: async () => void (await docker('rm', '--force', id)),
    }
  }
}

/** What Docker mounts, as far as the program needs it; then the program takes the place of the shell as process 1. */
const ENTER = `set -e
root=$1 temporary=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for name in ${DEVICES.join(' ')}; do mount --bind "/dev/$name" "$root/dev/$name"; done
[ "$temporary" = no ] || mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
exec "$@"`

/** Whether namespaces can be made. */
export const canUnshare =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  ['unshare', 'nsenter', 'chroot'].every((name) => Bun.which(name) !== null)

/** The network is that of this host: the program listens on a port of it that is free. */
export function byNamespaces(folder: string, { entrypoint, environment, user }: Image): Run {
  for (const name of ['proc', 'dev', 'tmp']) mkdirSync(join(folder, name))
  for (const name of DEVICES) writeFileSync(join(folder, 'dev', name), '')
  return async (args, temporary = false) => {
    const port = await claimPort({ host: '127.0.0.1', port: 0 })
    const variables = { ...environment, MOCK_LLM_LISTEN: `127.0.0.1:${port}` }
    const clean = ['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)]
    const enter = ['unshare', '--pid', '--fork', '--mount', 'sh', '-c', ENTER, 'sh', folder]
    const become = [Bun.which('chroot')!, `--userspec=${user.uid}:${user.gid}`, folder]
    const { process: outer, output } = start(
      [...enter, temporary ? 'yes' : 'no', ...clean, ...become, ...entrypoint, ...args],
      {},
    )
    const pid = await until(() => childrenOf(outer.pid)[0])
    leash({ pid: pid, exited: outer.exited })
    const own = ['--target', String(pid), '--mount', '--pid', '--root', '--wdns=/']
    const join = [Bun.which('nsenter')!, ...own, `--setuid=${user.uid}`, `--setgid=${user.gid}`]
    return {
      url: `http://127.0.0.1:${port}`,
      pid: pid,
      exec: (...words) => runToEnd([...clean, ...join, ...entrypoint], words),
      stop: async () => {
        process.kill(pid, 'SIGTERM')
        return { code: await outer.exited, ...output }
      },
      remove: async () => {
        if (outer.exitCode === null) process.kill(pid, 'SIGKILL')
        await outer.exited
      },
    }
  }
}

/** Enters a namespace of processes and leaves one there that nobody waits for. */
export async function leaveOrphan(pid: number, seconds: number): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const { code, stderr } = await runToEnd(
    [...asRoot, 'nsenter', '--target', String(pid), '--pid'],
    ['sh', '-c', `sleep ${seconds} > /dev/null 2>&1 &`],
  )
  if (code !== 0) throw new Error(stderr)
}
