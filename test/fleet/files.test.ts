// Files that answers are made from: read at the start, told apart when they are wrong, and read again on SIGHUP.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { runToEnd, sourceCommand, temporaryFolder, until } from '../_helpers.ts'
import { useFleet } from './_programs.ts'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { readFiles } from '../../src/fleet/files.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)

function fileOf(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const read = (text: string, replies = ''): ReturnType<typeof readFiles> =>
  readFiles(singleUpstream(readSettings({ reply: 'auto', text, replies }, {}), { reply: 'auto' }))

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
