// Files that answers are made from: read before anything is served, and again when somebody asks for it.
import { readFile, stat } from 'node:fs/promises'
import type { NamedFiles } from '../apis/api.ts'
import { readSettings } from '../config/config.ts'
import { messageOf, UsageError } from '../config/errors.ts'
import { formatBytes } from '../config/format.ts'
import { readRules } from '../config/rulesfile.ts'
import type { Rule } from '../config/rules.ts'
import { fileOf } from '../config/texts.ts'
import type { Config } from '../config/upstreams.ts'

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
  const texts: Record<string, string> = {}
  const rules: Record<string, readonly Rule[]> = {}
  for (const { given, settings } of config.upstreams.flatMap(({ phases }) => phases)) {
    const { text, replies } = settings
    const file = fileOf(text)
    if (file !== undefined) texts[file] ??= await readText('--text', file, MOST_TEXT_BYTES)
    if (replies !== '')
      rules[replies] ??= await readRules(
        await readText('--replies', replies, MOST_RULES_BYTES),
        replies,
        (more) => readSettings({ ...given, ...more }, {}),
      )
  }
  return { texts, rules }
}

/** The text of the file of `--config`; `-` is stdin. @throws UsageError */
export function readConfigText(path: string): Promise<string> {
  return readText('--config', path, MOST_CONFIG_BYTES)
}

async function readText(option: string, path: string, mostBytes: number): Promise<string> {
  const fail = (why: string): UsageError => new UsageError(`${option}: ${path} ${why}`)
  let bytes: Uint8Array
  try {
    if (path === STDIN) bytes = await Bun.stdin.bytes()
    else {
      const { size } = await stat(path)
      if (size > mostBytes) throw fail(`has ${formatBytes(size)}: at most ${formatBytes(mostBytes)} are read`)
      bytes = await readFile(path)
    }
  } catch (thrown) {
    throw thrown instanceof UsageError ? thrown : fail(`cannot be read: ${messageOf(thrown)}`)
  }
  if (bytes.byteLength > mostBytes) throw fail(`has more than ${formatBytes(mostBytes)}`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw fail('is no UTF-8 text')
  }
}
