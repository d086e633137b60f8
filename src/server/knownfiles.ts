// Files in a change. It may be anybody's, so it makes nobody read a file: it takes those that were named at the start, as they are known.
import type { NamedFiles } from '../apis/api.ts'
import { readSettings } from '../config/config.ts'
import { UsageError } from '../config/errors.ts'
import { refuseContradicted } from '../config/rulesfile.ts'
import { fileOf } from '../config/texts.ts'
import type { Config } from '../config/upstreams.ts'

/** @throws UsageError for a file that is not known, and for rules that contradict what else is given */
export function refuseUnknownFiles({ upstreams }: Pick<Config, 'upstreams'>, known: NamedFiles): void {
  const settled = new Set<string>()
  for (const { given, settings } of upstreams.flatMap(({ phases }) => phases)) {
    const { text, replies } = settings
    const file = fileOf(text)
    if (file !== undefined && !Object.hasOwn(known.texts, file)) throw strange('--text', text)
    if (replies === '' || settled.has(replies)) continue
    if (!Object.hasOwn(known.rules, replies)) throw strange('--replies', replies)
    refuseContradicted(known.rules[replies]!, replies, (more) => readSettings({ ...given, ...more }, {}))
    settled.add(replies)
  }
}

function strange(flag: string, given: string): UsageError {
  return new UsageError(`${flag} ${given} was not given at the start: a change takes no other files`)
}
