// The programs that the page at / offers to copy run as they stand. Those in Python: test/world/python.ts.
import { describe, expect, test } from 'bun:test'
import { clientPrograms } from '../../src/stats/page/clients.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import { root } from '../_helpers.ts'
import { text, useServer } from './_servers.ts'

const KEY = "it's\\secret"
const quote = (value: string): string => value.replace(/[\\']/g, '\\$&')

describe.each<GivenFlags>([{ reply: 'stream' }, { reply: 'json' }, { reply: 'auto' }])('%j', (flags) => {
  const server = useServer({
    ...flags,
    apiKey: KEY,
    model: 'mine',
    strictModels: String(flags.reply === 'auto'),
  })
  const programs = clientPrograms({ reply: flags.reply as 'stream' }).filter(
    ({ name }) => !name.endsWith('Python'),
  )

  test.each(programs.map(({ name, text: program }) => [name, program]))('%s', async (_, program) => {
    const values: Record<string, string> = { origin: server.url, key: KEY, model: 'mine' }
    const code = program!.replace(/\{\{(\w+)\}\}/g, (_unused, name: string) => quote(values[name]!))
    const run = Bun.spawn([process.execPath, '-e', code], { cwd: root, stdout: 'pipe', stderr: 'pipe' })
    const [stdout, stderr] = await Promise.all([run.stdout.text(), run.stderr.text()])
    expect([stdout.trimEnd(), stderr]).toEqual([text, ''])
  })
})
