// Completions in zsh and fish, where they are at hand: bash is tried with the other tests.
import { describe, expect, test } from 'bun:test'
import { runToEnd, sourceCommand } from '../_helpers.ts'

const which = (shell: string): boolean => {
  const found = Bun.which(shell) !== null
  if (!found) console.log(`skipped: completions in ${shell}, which is not here`)
  return found
}

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await runToEnd(sourceCommand, ['completions', shell])
  expect(code).toBe(0)
  return stdout
}

describe.skipIf(!which('fish'))('fish', () => {
  test.each([
    ['mock-llm-api --engine ', ['bun', 'socket']],
    ['mock-llm-api --chunk-d', ['--chunk-delay-jitter', '--chunk-delay-ms']],
    ['mock-llm-api compare --vi', ['--via']],
    ['mock-llm-api comp', ['compare', 'completions']],
    ['mock-llm-api completions ', ['bash', 'fish', 'zsh']],
  ])('%s', async (line, expected) => {
    const script = `${await scriptFor('fish')}\ncomplete -C ${JSON.stringify(line)}`
    const { code, stdout } = await runToEnd(['fish', '--no-config', '-c'], [script])
    const offered = stdout.split('\n').flatMap((row) => (row === '' ? [] : [row.split('\t')[0]!]))
    expect([code, offered.toSorted()]).toEqual([0, expected])
  })
})

describe.skipIf(!which('zsh'))('zsh', () => {
  // What is handed to zsh's own completion, which needs a terminal to show what it makes of it.
  test.each([
    ['mock-llm-api compare --mark', '--markdown[print them as Markdown]'],
    [
      'mock-llm-api --eng',
      '--engine=[bun\\: HTTP/1.1, HTTP/2, TLS; socket\\: HTTP/1.1 only, faster]:NAME:(bun socket)',
    ],
    ['mock-llm-api serve --li', '-l+[host\\:port, \\:port (all IPv4), \\[v6\\]\\:port, or none]:ADDR: '],
    ['mock-llm-api help fa', '1:word:('],
    ['mock-llm-api comp', 'commands: serve compare'],
  ])('%s', async (line, expected) => {
    const script = `_arguments() { print -rl -- "$@" }; compadd() { print -r -- commands: \${@[2,-1]} }; compdef() { }
${await scriptFor('zsh')}
words=(${line}); CURRENT=$#words; _mock-llm-api`
    const { code, stdout, stderr } = await runToEnd(['zsh', '-f', '-c'], [script])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').filter((given) => given.startsWith(expected))).toHaveLength(1)
  })
})
