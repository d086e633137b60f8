// A worker on its own: what it is asked and cannot answer ends neither it nor its streams.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { readSettings } from '../../src/config/config.ts'
import { childEnvironment } from '../../src/config/role.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import type { Assignment, ToSupervisor, ToWorker } from '../../src/fleet/messages.ts'
import { sourceCommand, temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'

const said: ToSupervisor[] = []
let worker: Bun.Subprocess<'ignore', 'ignore', 'pipe'>
let complaints = ''
const folder = temporaryFolder()
const socket = join(folder.path, 'worker')

const tell = (message: ToWorker): void => void worker.send(message)
const heard = <Type extends ToSupervisor['type']>(type: Type, id?: number) =>
  until(() =>
    said.find(
      (one): one is Extract<ToSupervisor, { type: Type }> =>
        one.type === type && (id === undefined || ('id' in one && one.id === id)),
    ),
  )

beforeAll(async () => {
  const flags = {
    listen: 'none',
    socket,
    journal: '10',
    noWarmUp: 'true',
    chunkDelayMs: '0',
    fault: 'stall:1:60000',
  }
  const config = singleUpstream(readSettings(flags, {}))
  const facts = { version: '0', commit: null, config, startedAtMs: 0, cpus: 1, descriptorLimit: undefined }
  const assignment: Assignment = {
    config,
    createdAt: 0,
    files: { texts: {}, rules: {} },
    facts,
    began: {},
    place: { index: 0, workers: 1 },
    sharePort: false,
  }
  worker = Bun.spawn([...sourceCommand], {
    env: childEnvironment(process.env, 'worker'),
    stdio: ['ignore', 'ignore', 'pipe'],
    ipc: (message: ToSupervisor) => void said.push(message),
  })
  leash(worker)
  const decoder = new TextDecoder()
  void (async () => {
    for await (const piece of worker.stderr) complaints += decoder.decode(piece)
  })()
  await heard('here')
  tell({ type: 'serve', assignment })
  await heard('ready')
})
afterAll(async () => {
  worker.kill('SIGKILL')
  await worker.exited
  folder.remove()
})

test('it says so, on stderr as well, and its streams go on', async () => {
  const response = await fetch('http://worker/v1/chat/completions', {
    unix: socket,
    method: 'POST',
    body: '{}',
  })
  const reader = response.body!.getReader()
  await reader.read()
  const nonsense = { kind: 'count', wanted: null } as never
  tell({ type: 'ask', id: 1, question: nonsense })
  expect(await heard('unanswered')).toEqual({ type: 'unanswered', id: 1 })
  for (const message of [{ type: 'begin', began: null }, { type: 'reload' }, { type: 'collected' }])
    tell(message as never)
  tell({ type: 'ask', id: 2, question: { kind: 'count', wanted: {} } })
  expect(await heard('answer', 2)).toEqual({ type: 'answer', id: 2, answer: 1 })
  await until(() => complaints.split('\n').length > 3)
  for (const line of complaints.trim().split('\n'))
    expect(line).toStartWith('mock-llm-api: a fault of the mock: TypeError:')
  expect(worker.exitCode).toBeNull()
  const [open] = await Promise.race([reader.read().then(() => ['ended']), Bun.sleep(20).then(() => ['open'])])
  expect(open).toBe('open')
  await reader.cancel()
})
