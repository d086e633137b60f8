// Files that answers are made from: read before anything is served; their rules again when somebody asks for it.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { NamedFiles } from '../apis/api.ts'
import { readSettings } from '../config/config.ts'
import { messageOf, UsageError } from '../config/errors.ts'
import { formatBytes } from '../config/format.ts'
import { readRules } from '../config/rulesfile.ts'
import type { Rule } from '../config/rules.ts'
import { fileOf } from '../config/texts.ts'
import type { Config, Phase } from '../config/upstreams.ts'

/** As long as the longest reply. */
const MOST_TEXT_BYTES = 32 << 20
const MOST_RULES_BYTES = 16 << 20
const MOST_CONFIG_BYTES = 4 << 20
/** A path that stands for what is written to this process. */
const STDIN = '-'

/**
 * Reads the files that a configuration names, each once.
 * @throws UsageError when one cannot be read, is too large, is no UTF-8, or says something wrong
 */
export async function readFiles(config: Pick<Config, 'upstreams'>): Promise<NamedFiles> {
  const texts = new Map<string, string>()
  const rules = new Map<string, readonly Rule[]>()
  for (const { given, settings } of phasesOf(config)) {
    const { text, replies } = settings
    const file = fileOf(text)
    if (file !== undefined && !texts.has(file))
      texts.set(file, await readText('--text', file, MOST_TEXT_BYTES))
    if (replies !== '' && !rules.has(replies)) rules.set(replies, await readRulesOf(replies, given))
  }
  return { texts: Object.fromEntries(texts), rules: Object.fromEntries(rules) }
}

/**
 * The same files with their rules as they are now. What can be read but once, as stdin and a pipe can, stays as it was.
 * @throws UsageError when one of them is not as it should be
 */
export async function readAgain(
  { texts, rules }: NamedFiles,
  config: Pick<Config, 'upstreams'>,
): Promise<NamedFiles> {
  const again: [string, readonly Rule[]][] = []
  for (const [path, known] of Object.entries(rules)) {
    const given = phasesOf(config).find(({ settings }) => settings.replies === path)?.given ?? {}
    again.push([path, (await isPipe(path)) ? known : await readRulesOf(path, given)])
  }
  return { texts, rules: Object.fromEntries(again) }
}

/** The text of the file of `--config`; `-` is stdin. @throws UsageError */
export function readConfigText(path: string): Promise<string> {
  return readText('--config', path, MOST_CONFIG_BYTES)
}

function phasesOf({ upstreams }: Pick<Config, 'upstreams'>): readonly Phase[] {
  return upstreams.flatMap(({ phases }) => phases)
}

async function readRulesOf(path: string, given: Phase['given']): Promise<readonly Rule[]> {
  const text = await readText('--replies', path, MOST_RULES_BYTES)
  return readRules(text, path, (more) => readSettings({ ...given, ...more }, {}))
}

async function isPipe(path: string): Promise<boolean> {
  if (path === STDIN) return true
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  )
}

async function readText(option: string, path: string, mostBytes: number): Promise<string> {
  const fail = (why: string): UsageError => new UsageError(`${option}: ${path} ${why}`)
  const parts: Uint8Array[] = []
  let size = 0
  try {
    const known = path === STDIN ? 0 : (await stat(path)).size
    if (known > mostBytes) throw fail(`has ${formatBytes(known)}: at most ${formatBytes(mostBytes)} are read`)
    // What is written to a pipe may have no end.
    for await (const part of path === STDIN ? Bun.stdin.stream() : createReadStream(path)) {
      parts.push(part)
      size += part.byteLength
      if (size > mostBytes) throw fail(`has more than ${formatBytes(mostBytes)}`)
    }
  } catch (thrown) {
    throw thrown instanceof UsageError ? thrown : fail(`cannot be read: ${messageOf(thrown)}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    throw fail('is no UTF-8 text')
  }
}
