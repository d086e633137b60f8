// Who is compared by `bun run bench`: both engines of this program, a floor in C, and two peers, all saying the same.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../../src/config/config.ts'
import { compile } from '../../_helpers.ts'
import { FLOOR_NAME, OWN_NAME } from './render.ts'

export const CHUNKS = 18
export const CHUNK_BYTES = 6
const TEXT =
  'The same words in the same number of pieces, from every one of them: eighteen, with six characters in each, so.'
    .padEnd(CHUNKS * CHUNK_BYTES, '.')
    .slice(0, CHUNKS * CHUNK_BYTES)

export interface Contestant {
  readonly name: string
  /** The command that serves on a port with a delay. */
  readonly command: (port: number, delayMs: number) => readonly string[]
  readonly environment?: (port: number) => Record<string, string>
  /** Sends its first chunk at once, and waits before each of the others. */
  readonly firstAtOnce?: true
}

type Say = (text: string) => void

/** What can be had here, with these engines; the rest is told. Everything is built and installed in `folder`. */
export async function gather(
  engines: readonly Settings['engine'][],
  folder: string,
  say: Say,
): Promise<Contestant[]> {
  const [binary] = await compile(folder)
  const own = engines.map((engine) => ownEngine(binary!, engine))
  const others = [cFloor(folder, say), aimock(folder, say), mockLlm(folder, say)]
  return [...own, ...others.filter((one) => one !== undefined)]
}

function ownEngine(binary: string, engine: Settings['engine']): Contestant {
  const fixed = ['-w', '1', '--quiet', '-c', CHUNKS, '--chunk-bytes', CHUNK_BYTES, '--engine', engine]
  return {
    name: `${OWN_NAME}${engine}`,
    command: (port, delayMs) => [binary, '-l', `127.0.0.1:${port}`, '-d', delayMs, ...fixed].map(String),
  }
}

function cFloor(folder: string, say: Say): Contestant | undefined {
  const floor = join(folder, 'floor')
  const source = join(import.meta.dir, 'floor.c')
  if (!Bun.which('gcc') || Bun.spawnSync(['gcc', '-O2', '-o', floor, source]).exitCode !== 0) {
    say('left out: the C floor, because there is no gcc that builds it')
    return undefined
  }
  return {
    name: FLOOR_NAME,
    command: (port, delayMs) => [floor, port, delayMs, CHUNKS, CHUNK_BYTES].map(String),
  }
}

function aimock(folder: string, say: Say): Contestant | undefined {
  const found = install('@copilotkit/aimock', folder, say)
  if (found === undefined) return undefined
  const fixtures = join(folder, 'fixtures.json')
  const fixture = { match: { userMessage: 'Hi' }, response: { content: TEXT } }
  writeFileSync(fixtures, JSON.stringify({ fixtures: [fixture] }))
  const fixed = ['-f', fixtures, '-c', CHUNK_BYTES, '--log-level', 'silent']
  return {
    name: `aimock ${found.version}`,
    command: (port, delayMs) =>
      ['node', join(found.path, 'dist/cli.js'), '-p', port, '-l', delayMs, ...fixed].map(String),
  }
}

function mockLlm(folder: string, say: Say): Contestant | undefined {
  const found = install('@dwmkerr/mock-llm', folder, say)
  if (found === undefined) return undefined
  const body = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'm',
    choices: [{ message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
  }
  return {
    name: `mock-llm ${found.version}`,
    command: (_, delayMs) => {
      const config = join(folder, `mock-llm-${delayMs}.yaml`)
      writeFileSync(
        config,
        `streaming:\n  chunkSize: ${CHUNK_BYTES}\n  chunkIntervalMs: ${delayMs}\nrules:\n  - path: "/v1/chat/completions"\n    method: "POST"\n    match: "@"\n    response:\n      status: 200\n      content: '${JSON.stringify(body)}'\n`,
      )
      return ['node', join(found.path, 'dist/main.js'), '--config', config]
    },
    environment: (port) => ({ HOST: '127.0.0.1', PORT: String(port) }),
    firstAtOnce: true,
  }
}

function install(name: string, folder: string, say: Say): { path: string; version: string } | undefined {
  say(`installing ${name}`)
  const peers = join(folder, 'peers')
  const flags = ['--silent', '--no-audit', '--no-fund', '--prefix', peers]
  const run = Bun.spawnSync(['npm', 'install', ...flags, name])
  if (run.exitCode !== 0) {
    say(`  left out: ${run.stderr.toString().trim().split('\n').at(-1)}`)
    return undefined
  }
  const path = join(peers, 'node_modules', name)
  const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
  return { path, version }
}
