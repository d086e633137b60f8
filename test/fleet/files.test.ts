// Files that answers are made from: read at the start, told apart when they are wrong, and read again on SIGHUP.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { runToEnd, sourceCommand, temporaryFolder, until } from '../_helpers.ts'
import { useFleet } from './_programs.ts'
import { readSettings } from '../../src/config/config.ts'
import { type Config, singleUpstream } from '../../src/config/upstreams.ts'
import { readAgain, readFiles } from '../../src/fleet/files.ts'

const home = process.cwd()
const { path: folder, remove } = temporaryFolder()
afterAll(remove)

function fileOf(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const configOf = (text: string, replies = ''): Config =>
  singleUpstream(readSettings({ reply: 'auto', text, replies }, {}), { reply: 'auto' })
const read = (text: string, replies = ''): ReturnType<typeof readFiles> => readFiles(configOf(text, replies))
const refusalOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'accepted',
    (thrown: unknown) => String(thrown),
  )
const isUnix = process.platform !== 'win32'

/** A pipe with a name; what is written to it can be read once. */
function pipeOf(name: string, text?: string): string {
  const path = join(folder, name)
  Bun.spawnSync(['mkfifo', path])
  if (text !== undefined) Bun.spawn(['sh', '-c', `printf %s "$1" > "$0"`, path, text])
  return path
}

describe('files', () => {
  test('are read where they are named, and only there', async () => {
    expect(await read('words')).toEqual({ texts: {}, rules: {} })
    const words = fileOf('a.txt', '\uFEFFGrüße\r\n')
    expect(await read(`@${words}`)).toEqual({ texts: { [words]: '\uFEFFGrüße\r\n' }, rules: {} })
    const file = fileOf('a.json', '[{"then":{"text":"x"}}]')
    const { rules } = await read('words', file)
    expect(rules).toMatchObject({ [file]: [{ then: { text: 'x' } }] })
  })

  test.each([
    ['that is not there', () => join(folder, 'nowhere'), 'cannot be read: ENOENT'],
    ['that is a folder', () => (mkdirSync(join(folder, 'd')), join(folder, 'd')), 'cannot be read: '],
    ['that is no UTF-8', () => fileOf('binary', Uint8Array.of(65, 255)), 'is no UTF-8 text'],
    ['that is too large', () => fileOf('large', new Uint8Array((32 << 20) + 1)), 'at most 33.55 MB are read'],
  ])('one %s is refused', async (_, make, message) => {
    const path = make()
    const thrown = await read(`@${path}`).catch((error: unknown) => error)
    expect(String(thrown)).toStartWith(`UsageError: --text: ${path} `)
    expect(String(thrown)).toContain(message)
    expect(String(await read('words', path).catch((error: unknown) => error))).toContain(
      `--replies: ${path} `,
    )
  })

  test('called like what every object has', async () => {
    for (const name of ['constructor', '__proto__']) fileOf(name, '- then: {text: x}')
    process.chdir(folder)
    const { texts, rules } = await read('@constructor', '__proto__').finally(() => process.chdir(home))
    expect(Object.entries(texts)).toEqual([['constructor', '- then: {text: x}']])
    expect(Object.entries(rules)).toMatchObject([['__proto__', [{ then: { text: 'x' } }]]])
  })

  test.skipIf(!isUnix)('pipes are read at the start, as far as a file would be (Unix)', async () => {
    const rules = pipeOf('rules.pipe', '- then: {text: piped}')
    expect((await read('words', rules)).rules).toMatchObject({ [rules]: [{ then: { text: 'piped' } }] })
    expect(await refusalOf(read('@/dev/zero'))).toBe('UsageError: --text: /dev/zero has more than 33.55 MB')
  })

  test.skipIf(!isUnix)('of a shell, and stdin (Unix)', async () => {
    const run = (line: string): string => {
      const words = [...sourceCommand, '--reply=auto', '--print-config', '--config']
      const { stdout, stderr } = Bun.spawnSync(['bash', '-c', line, 'bash', ...words], { timeout: 20_000 })
      return stdout.toString() + stderr.toString()
    }
    expect(run('"$@" <(echo "seed: 77")')).toContain('"seed": 77')
    expect(run('echo "seed: 78" | "$@" -')).toContain('"seed": 78')
    expect(run('"$@" - < /dev/zero')).toContain('--config: - has more than 4.194 MB')
  })

  test('what is wrong ends the start with one line and code 2', async () => {
    const path = fileOf('wrong.yaml', '- then:\n    txet: a\n')
    const { code, stderr } = await runToEnd(sourceCommand, [
      '--reply=auto',
      '--listen=127.0.0.1:0',
      `--replies=${path}`,
    ])
    expect(code).toBe(2)
    expect(stderr).toStartWith(`mock-llm-api: ${path}:2:5: then does not accept 'txet': it takes text, `)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('read again', () => {
  const rule = (text: string): string => `- then: {text: ${text}}`
  const texts = { 'a.txt': 'known' }

  test.each<[string, string, string, string]>([
    ['a file', '- then: {text: one}', '- then: {text: two}', 'two'],
    ['a file that is wrong', '- then: {text: one}', '- them: x', ':1:3: a rule does not accept'],
    ['a file with what is refused beside the rest', rule('one'), '- then: {fault: "abort:999"}', 'abort:999'],
  ])('%s', async (_, before, after, expected) => {
    const path = fileOf('again.yaml', before)
    const config = configOf('words', path)
    const { rules } = await readFiles(config)
    fileOf('again.yaml', after)
    const told = await readAgain({ texts, rules }, config).then(JSON.stringify, String)
    expect(told).toContain(expected)
  })

  test('texts are not looked at', async () =>
    expect(await readAgain({ texts, rules: {} }, configOf('@a.txt'))).toEqual({ texts, rules: {} }))

  test.skipIf(!isUnix)('what can be read but once stays as it was (Unix)', async () => {
    const known = (await readFiles(configOf('words', fileOf('known.yaml', rule('known'))))).rules
    const [rules] = Object.values(known)
    for (const path of ['-', pipeOf('empty.pipe'), '/dev/zero'])
      expect(await readAgain({ texts, rules: { [path]: rules! } }, configOf('words', path))).toEqual({
        texts,
        rules: { [path]: rules! },
      })
    const gone = join(folder, 'gone.yaml')
    expect(
      await refusalOf(readAgain({ texts, rules: { [gone]: rules! } }, configOf('words', gone))),
    ).toContain('cannot be read: ENOENT')
    const inside = join(folder, 'inside')
    mkdirSync(inside)
    expect(
      await refusalOf(readAgain({ texts, rules: { [inside]: rules! } }, configOf('words', inside))),
    ).toContain('cannot be read: ')
  })
})

describe('SIGHUP', () => {
  const { serve } = useFleet()

  test('has the rules read again by every worker; what is wrong changes nothing', async () => {
    const replies = fileOf('rules.yaml', '- then: {text: one}')
    const { program, port, pid } = await serve({
      reply: 'auto',
      replies,
      workers: process.platform === 'linux' ? '2' : '1',
    })
    const answered = async (): Promise<string[]> => {
      const bodies = await Promise.all(
        Array.from({ length: 16 }, () =>
          fetch(`http://127.0.0.1:${port}/v1/messages`, {
            method: 'POST',
            body: '{}',
            headers: { connection: 'close' },
          }).then((response) => response.json() as Promise<{ content: { text: string }[] }>),
        ),
      )
      return [...new Set(bodies.map(({ content }) => content[0]!.text))]
    }
    expect(await answered()).toEqual(['one'])
    fileOf('rules.yaml', '- then: {text: two}')
    process.kill(pid, 'SIGHUP')
    await until(() => program.output.stderr.includes('1 rule read again') || undefined)
    await until(async () => ((await answered()).join() === 'two' ? true : undefined))
    fileOf('rules.yaml', '- them: {text: three}')
    process.kill(pid, 'SIGHUP')
    await until(() => program.output.stderr.includes('the rules stay as they were') || undefined)
    expect(await answered()).toEqual(['two'])
    process.kill(pid, 'SIGTERM')
    expect(await program.process.exited).toBe(0)
  })
})
