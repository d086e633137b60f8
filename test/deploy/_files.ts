// The files of .github/deploy as the tests read them, and what the types of packages say of them.
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { guardArguments } from '../../src/config/flags.ts'
import { options } from '../../src/config/options.ts'
import { variableOf } from '../../src/config/table.ts'
import { root, runToEnd, temporaryFolder } from '../_helpers.ts'

/** The text of a file of `.github/deploy`. */
export function readDeployed(name: string): Promise<string> {
  return Bun.file(join(root, '.github/deploy', name)).text()
}

/** Every document of a text in YAML. @throws Error where it is none */
export function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!
    return document.toJS()
  })
}

/** A type as JSON has it: its enumerations are texts. */
const WRITTEN =
  'type Written<T> = T extends string ? `${T}` : T extends object ? { [Key in keyof T]: Written<T[Key]> } : T\n'

/**
 * What the compiler has against a value in the place of `type`, a type that the module `from` exports: fields that it does not know among
 * it, which validators made of schemas let pass.
 */
export async function complaintsOf(value: unknown, type: string, from: string): Promise<string[]> {
  const folder = temporaryFolder()
  try {
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
    await Bun.write(
      join(folder.path, 'value.ts'),
      `import type { ${type} } from '${from}'\n${WRITTEN}export const value: Written<${type}> = ${JSON.stringify(value)}\n`,
    )
    const settings = { extends: join(root, 'tsconfig.json'), include: ['value.ts'] }
    await Bun.write(join(folder.path, 'tsconfig.json'), JSON.stringify(settings))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await runToEnd([process.execPath, tsc], ['--project', folder.path])
    return stdout.split('\n').filter((line) => line !== '')
  } finally {
    folder.remove()
  }
}

/** The configuration that the program makes of arguments and variables. @throws UsageError where it refuses them */
export function configOf(args: readonly string[], environment: Record<string, string> = {}) {
  const guarded = guardArguments(args, options)
  if (typeof guarded === 'string') throw new Error(guarded)
  const names = Object.keys(options)
  const unknown = Object.keys(environment).filter((name) => !names.some((one) => variableOf(one) === name))
  if (unknown.length > 0) throw new Error(`no option has the variable ${unknown.join(', ')}`)
  const given = guarded.map((word): [string, string] => {
    const at = word.indexOf('=')
    return [word.slice(2, at), word.slice(at + 1)]
  })
  return readSettings(Object.fromEntries(given) as GivenFlags, environment)
}

/** A text with one thing changed. @throws Error where that thing is not in it */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from}`)
  return text.replace(from, to)
}
