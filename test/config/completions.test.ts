// Completions, as bash itself makes them of the script: every option of every command, and the values that have names.
import { describe, expect, test } from 'bun:test'
import { renderCompletions, shellNames } from '../../src/config/completions.ts'
import { compareOptions } from '../../src/config/compare.ts'
import { UsageError } from '../../src/config/errors.ts'
import { options } from '../../src/config/options.ts'
import { flagOf } from '../../src/config/table.ts'

const commands = {
  serve: { table: options },
  compare: { table: compareOptions },
  help: { table: {}, words: ['faults', 'timing'] },
}

/** What bash offers where the cursor stands behind the last of these words, as bash cuts them. */
async function complete(...words: readonly string[]): Promise<string[]> {
  const script = `${renderCompletions('bash', commands)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mock_llm_api; printf '%s\\n' "\${COMPREPLY[@]}"`
  const bash = Bun.spawn(['bash', '-c', script, 'bash', 'mock-llm-api', ...words], { stderr: 'pipe' })
  const [said, complaints] = await Promise.all([bash.stdout.text(), bash.stderr.text()])
  expect(complaints).toBe('')
  return said.split('\n').filter((line) => line !== '')
}

describe('in bash', () => {
  test('the first word is a command, or an option of the server', async () => {
    const offered = await complete('')
    expect(offered).toEqual(
      expect.arrayContaining([
        ...Object.keys(commands),
        '--version',
        '--help',
        ...Object.keys(options).map(flagOf),
      ]),
    )
    expect(offered).not.toContain('--via')
  })

  test.each([
    [['--eng'], ['--engine']],
    [
      ['--engine', ''],
      ['bun', 'socket'],
    ],
    [['--engine', '=', 's'], ['socket']],
    [
      ['--engine', '='],
      ['bun', 'socket'],
    ],
    [
      ['serve', '--chunk-d'],
      ['--chunk-delay-ms', '--chunk-delay-jitter'],
    ],
    [['-d', ''], []],
    [['--content', 'reasoning+'], ['reasoning+tools']],
    [['--quiet', '--workers', '2', '--qu'], ['--quiet']],
    [['compare', '--vi'], ['--via']],
    [['compare', '--engine'], []],
    [['help', 'f'], ['faults']],
    [['--report', '/us'], []], // files are left to bash
    [['compare', '--via', 'a=b', '--', '--engi'], ['--engine']],
  ])('%j', async (words, offered) => expect(await complete(...words)).toEqual(offered))
})

test.each(shellNames)('%s knows every option and what it is for', (shell) => {
  const script = renderCompletions(shell, commands)
  for (const [name, { help }] of Object.entries(options)) {
    expect(script).toContain(shell === 'fish' ? ` -l ${flagOf(name).slice(2)} ` : flagOf(name))
    if (shell === 'fish') expect(script).toContain(help.replaceAll("'", `'\\''`))
  }
})

test.each([
  [undefined, 'completions needs a shell: it takes bash, zsh or fish'],
  ['bassh', "completions does not know 'bassh': did you mean bash?"],
  ['powershell', "completions does not know 'powershell': it takes bash, zsh or fish"],
  ['constructor', "completions does not know 'constructor': it takes bash, zsh or fish"],
])('for %j there is none', (shell, message) =>
  expect(() => renderCompletions(shell, commands)).toThrow(new UsageError(message)),
)
