// What the program hands on to its workers: the settings whatever their size, and nothing by way of the environment.
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { childrenOf, sourceCommand, start, until } from '../_helpers.ts'
import { statsOf, useFleet } from './_programs.ts'

const { running, serve } = useFleet()
const isLinux = process.platform === 'linux'

test.each([
  ['3,000 models', { model: Array.from({ length: 3000 }, (_, i) => `model-of-some-length-${i}`).join(',') }],
  [
    '400 faults',
    {
      fault: `${Array.from({ length: 400 }, (_, i) => `unicode+crlf+keepalive:10+stall:0:${i + 1}+stall:1:${i + 1}x1`).join(',')},ok`,
    },
  ],
])('%s are settings like any others', async (_, flags) => {
  const { port } = await serve(flags)
  expect((await statsOf(port)).workers.reported).toBe(1)
})

test.skipIf(!isLinux)(
  'a worker has neither the settings nor the key of TLS in its environment (which Linux lists)',
  async () => {
    const program = start(
      sourceCommand,
      { tls: 'true', workers: '1', listen: '127.0.0.1:0' },
      { MOCK_LLM_CHUNK_COUNT: '7', MOCK_LLM_API_KEY: 'the-key-of-the-mock' },
    )
    running.add(program)
    await until(() => program.output.stdout.includes('OPENAI_BASE_URL'))
    const [worker] = childrenOf(program.process.pid)
    const environment = readFileSync(`/proc/${worker}/environ`, 'utf8')
    expect(environment).not.toMatch(/PRIVATE KEY|chunk_?count|the-key-of-the-mock/i)
    expect(environment.length).toBeLessThan(JSON.stringify(process.env).length + 200)
  },
)

test.each([
  ['BUN_INSPECT', '127.0.0.1:'],
  ['BUN_OPTIONS', '--inspect=127.0.0.1:'],
])('with %s the program is inspected, and its workers start', async (variable, text) => {
  using free = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  const inspector = free.port
  free.stop(true)
  const flags = { workers: '1', listen: '127.0.0.1:0' }
  const program = start(sourceCommand, flags, { [variable]: `${text}${inspector}` })
  running.add(program)
  expect(await program.port()).toBeGreaterThan(0)
})
