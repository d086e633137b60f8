// The image of .github/deploy/Dockerfile, built and run by Docker; where it has no daemon, its root file system in namespaces.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compile, root, temporaryFolder, until } from '../_helpers.ts'
import {
  byDocker,
  byNamespaces,
  canUnshare,
  type Container,
  dockerText,
  hasDocker,
  leaveOrphan,
  type Run,
} from '../deploy/_container.ts'
import { dockerfilePath, makeRoot, readImage } from '../deploy/_image.ts'

/** What the image may have at most. */
const MOST_BYTES = 130e6
/** Debian's packages have to come. */
const BUILD_MS = 300_000

const withDocker = await hasDocker()
const way = withDocker ? 'docker' : canUnshare ? 'namespaces' : undefined
if (way === undefined) console.log('skipped: neither a Docker daemon nor root on Linux, to run the image')

const image = readImage(await Bun.file(join(root, dockerfilePath)).text())
const folder = temporaryFolder()
const tag = `mock-llm-api-test:${process.pid}`
const running = new Set<Container>()
let run: Run

/** Starts a container, and waits until it serves. */
async function serve(args: readonly string[] = [], temporary = false): Promise<Container> {
  const container = await run(args, temporary)
  running.add(container)
  await until(() =>
    fetch(`${container.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return container
}

const statusOf = async (pid: number, key: string): Promise<string> =>
  new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(await Bun.file(`/proc/${pid}/status`).text())![1]!

/** The states of the processes below one. */
const statesBelow = (pid: number): string[] =>
  Bun.spawnSync(['ps', '-o', 'stat=', '--ppid', String(pid)])
    .stdout.toString()
    .trim()
    .split(/\s+/)

describe.skipIf(way === undefined)(`the image, by ${way}`, () => {
  let bytes = 0

  beforeAll(async () => {
    const [binary] = await compile(folder.path)
    if (withDocker) {
      const context = join(folder.path, 'context')
      mkdirSync(join(context, 'dist'), { recursive: true })
      cpSync(binary!, join(context, 'dist', `mock-llm-api-linux-${process.arch}`))
      await dockerText('build', '--tag', tag, '--file', join(root, dockerfilePath), context)
      bytes = Number(await dockerText('image', 'inspect', '--format', '{{.Size}}', tag))
      run = byDocker(tag, image)
    } else {
      const path = join(folder.path, 'root')
      makeRoot(path, image, binary!)
      bytes = Number(Bun.spawnSync(['du', '--summarize', '--bytes', path]).stdout.toString().split('\t')[0])
      run = byNamespaces(path, image)
    }
  }, BUILD_MS)

  afterAll(async () => {
    await Promise.all([...running].map((container) => container.remove()))
    if (withDocker) await dockerText('image', 'rm', tag)
    folder.remove()
  }, BUILD_MS)

  test('is no larger than it may be', () => {
    console.log(`the image: ${(bytes / 1e6).toFixed(1)} MB`)
    expect(bytes).toBeGreaterThan(80e6)
    expect(bytes).toBeLessThan(MOST_BYTES)
  })

  test('streams as process 1, not as root, on a root file system that is read-only', async () => {
    const { url, pid, stop } = await serve()
    expect([await statusOf(pid, 'NSpid'), await statusOf(pid, 'Uid')]).toEqual([
      `${pid}\t1`,
      Array(4).fill(image.user.uid).join('\t'),
    ])
    const text = await (await fetch(`${url}/v1/chat/completions`, { method: 'POST' })).text()
    expect(text.match(/^data: /gm)).toHaveLength(20)
    const ended = await stop()
    expect(ended.stdout).toContain('streams    1 completed')
    expect([ended.stderr, ended.code]).toEqual(['', 0])
  })

  test('knows by itself whether it serves', async () => {
    const { exec } = await serve()
    expect(image.healthcheck.slice(0, -1)).toEqual([...image.entrypoint])
    const check = image.healthcheck.slice(image.entrypoint.length)
    expect(await exec(...check)).toMatchObject({ code: 0, stderr: '' })
    const elsewhere = await exec(...check, 'http://127.0.0.1:1')
    expect([elsewhere.code, elsewhere.stderr.split('\n').length]).toEqual([1, 2])
  })

  test.skipIf(!withDocker)('becomes healthy', async () => {
    const { stop } = await serve()
    const states = (): Promise<string> =>
      dockerText('ps', '--filter', `ancestor=${tag}`, '--format', '{{.Status}}')
    await until(async () => (await states()).includes('(healthy)'))
    await stop()
  })

  test('lets streams end after SIGTERM, and ends beside orphans', async () => {
    const { url, pid, stop } = await serve(['--workers', '1', '--chunk-delay-ms', '100'])
    const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST' })
    await leaveOrphan(pid, 0)
    await leaveOrphan(pid, 600)
    await until(() => statesBelow(pid).some((state) => state.startsWith('Z'))) // nobody collects it
    const [ended, text] = await Promise.all([stop(), reply.text()])
    expect(text).toEndWith('data: [DONE]\n\n')
    expect(ended.stdout).toContain('streams    1 completed')
    expect([ended.stderr, ended.code]).toEqual(['', 0])
  })

  test('serves TLS where /tmp is given', async () => {
    const container = await run(['--tls'], true)
    running.add(container)
    const url = container.url.replace('http:', 'https:')
    const tls = { rejectUnauthorized: false }
    await until(() =>
      fetch(`${url}/readyz`, { tls }).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    expect(await container.stop()).toMatchObject({ code: 0, stderr: '' })
  })
})
