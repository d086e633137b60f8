// Files that answers are made from: read before anything is served, and again when somebody asks for it.
import { readFile, stat } from 'node:fs/promises'
import type { Files } from '../apis/api.ts'
import type { Settings, GivenFlags } from '../config/config.ts'
import { messageOf, UsageError } from '../config/errors.ts'
import { formatBytes } from '../config/format.ts'
import { readRules } from '../config/rulesfile.ts'
import { fileOf } from '../config/texts.ts'

/** As long as the longest reply. */
const MOST_TEXT_BYTES = 32 << 20
const MOST_RULES_BYTES = 16 << 20

/** What a configuration comes to when these are given besides. */
export type Settle = (given: GivenFlags) => Settings

/**
 * Reads the files that a configuration names.
 * @throws UsageError when one cannot be read, is too large, is no UTF-8, or says something wrong
 */
export async function readFiles({ text, replies }: Settings, settle: Settle): Promise<Files> {
  const textFile = fileOf(text)
  return {
    ...(textFile !== undefined && { text: await readText('--text', textFile, MOST_TEXT_BYTES) }),
    ...(replies !== '' && {
      rules: await readRules(await readText('--replies', replies, MOST_RULES_BYTES), replies, settle),
    }),
  }
}

async function readText(option: string, path: string, mostBytes: number): Promise<string> {
  const fail = (why: string): UsageError => new UsageError(`${option}: ${path} ${why}`)
  let bytes: Uint8Array
  try {
    const { size } = await stat(path)
    if (size > mostBytes) throw fail(`has ${formatBytes(size)}: at most ${formatBytes(mostBytes)} are read`)
    bytes = await readFile(path)
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
