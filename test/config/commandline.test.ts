// Every option by its flag, through the program itself: what is typed arrives, and what is refused is refused by name.
import { describe, expect, test } from 'bun:test'
import { calibrateOptions } from '../../src/config/calibrate.ts'
import { compareOptions } from '../../src/config/compare.ts'
import { options } from '../../src/config/options.ts'
import { flagOf, type OptionTable } from '../../src/config/table.ts'
import { runToEnd, sourceCommand } from '../_helpers.ts'

const tables: Readonly<Record<string, OptionTable>> = {
  serve: options,
  calibrate: calibrateOptions,
  compare: compareOptions,
}
/** These take any text. */
const anything = ['socket', 'tlsCert', 'tlsKey', 'report', 'readyFile', 'body', 'cacert', 'html']

describe.each(Object.keys(tables))('%s', (command) => {
  const names = Object.keys(tables[command]!).filter((name) => !anything.includes(name))

  test('a bad value of each option is refused by the program', async () => {
    const refusals = await Promise.all(
      // A few at a time: each is a process.
      Array.from({ length: 3 }, async (_, lane) => {
        const found: string[] = []
        for (const name of names.filter((_, i) => i % 3 === lane)) {
          const args = [command, `${flagOf(name)}=\u00e4 b`, ...(name === 'replies' ? ['--reply=auto'] : [])]
          const { code, stdout, stderr } = await runToEnd(sourceCommand, args)
          found.push(`${code} ${stdout}${stderr.split(/ does not accept |: ä b cannot be read/)[0]}`)
        }
        return found
      }),
    )
    expect(refusals.flat().toSorted()).toEqual(
      names.map((name) => `2 mock-llm-api: ${flagOf(name)}`).toSorted(),
    )
  })
})
