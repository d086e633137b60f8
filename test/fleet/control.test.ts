// Changes while several processes serve: in all of them or in none, whatever happens meanwhile.
import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort, claimPort, countCpus } from '../../src/fleet/host.ts'
import { childrenOf, sourceCommand, start, until } from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import { answers, statsOf, useFleet } from './_programs.ts'
import { askOn, connectToAll, disconnect, order, serveYaml } from './_upstreams.ts'

const fleet = useFleet()
// All of them together would take gigabytes.
afterEach(() => {
  for (const { process } of fleet.running) process.kill('SIGKILL')
})
const instant = { chunkCount: '1', chunkDelayMs: '0', control: 'true' }
const two = { ...instant, workers: '2' }

/** The model in what each of two workers answers. */
async function modelsOf(port: number, path?: string): Promise<(string | undefined)[]> {
  const clients = await connectToAll(port, 2, path)
  const models: (string | undefined)[] = []
  for (const client of clients.values())
    models.push(/"model":"([^"]+)"/.exec((await askOn(client, path)).body)?.[1])
  disconnect(clients)
  return models
}

describe.skipIf(!canSharePort)('two workers (several need Linux)', () => {
  const unique = 'unique-ids: true\n'

  test('who has been answered finds it changed everywhere, on connections that were there before too', async () => {
    const { port } = await serveYaml(fleet, unique, two)
    const clients = await connectToAll(port, 2)
    for (let i = 0; i < 20; i++) {
      expect((await order(port, 'PATCH', '', { model: `m${i}` })).status).toBe(200)
      for (const client of clients.values()) expect((await askOn(client)).body).toContain(`"model":"m${i}"`)
    }
    expect((await order(port, 'DELETE')).body['model']).toBe('mock-model')
    for (const client of clients.values())
      expect((await askOn(client)).body).toContain('"model":"mock-model"')
    disconnect(clients)
  })

  test('what is ordered before all are ready waits, and is served by all', async () => {
    const config = join(fleet.folder, 'early.yaml')
    await Bun.write(config, 'phases: [{after: 0s}, {after: 1h, fault: status:429}]\n')
    const port = await claimPort({ host: '127.0.0.1', port: 0 })
    const flags = { ...two, config, uniqueIds: 'true', listen: `127.0.0.1:${port}` }
    const program = start(sourceCommand, flags, { MOCK_LLM_NO_WARM_UP: 'false' })
    fleet.running.add(program)
    await until(() => answers(port, '/health'))
    expect((await order(port, 'POST', '/phase', { to: 1 })).status).toBe(200)
    expect(await answers(port)).toBe(true)
    await program.port() // all are ready
    const ask = (): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', keepalive: false })
    const asked = await Promise.all(Array.from({ length: 20 }, ask))
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([429]))
  })

  test('two at once: both, in one order for all workers', async () => {
    const { port } = await serveYaml(fleet, unique, two)
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([
        order(port, 'PATCH', '', { model: 'left', 'ttft-ms': round }),
        order(port, 'PATCH', '', { model: 'right', 'embedding-dimensions': 10 + round }),
      ])
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      const { body } = await order(port, 'GET')
      expect(body).toMatchObject({ 'ttft-ms': round, 'embedding-dimensions': 10 + round })
      const [one, other] = await modelsOf(port)
      expect([one, other]).toEqual([body['model'] as string, body['model'] as string])
    }
  })

  test('1,000 changes: all are answered, and the last one stays', async () => {
    const { port } = await serveYaml(fleet, unique, two)
    for (let i = 0; i < 20; i++) {
      const batch = Array.from({ length: 50 }, () => order(port, 'PATCH', '', { seed: i }))
      expect(new Set((await Promise.all(batch)).map(({ status }) => status))).toEqual(new Set([200]))
    }
    await order(port, 'PATCH', '', { model: 'last' })
    expect(await modelsOf(port)).toEqual(['last', 'last'])
  })

  test('200 streams: none breaks while it changes', async () => {
    const { port } = await serveYaml(fleet, unique, { ...two, chunkCount: '30', chunkDelayMs: '20' })
    const readers = await openReaders(port, 200)
    await untilAll(readers, ({ events }) => events > 0)
    for (let i = 0; i < 10; i++) await order(port, 'PATCH', '', { fault: 'status:500', 'chunk-count': i })
    await untilAll(readers, ({ replies, closedAtMs }) => replies === 1 || closedAtMs !== undefined)
    expect(readers.filter(({ replies }) => replies === 1)).toHaveLength(200)
    expect(new Set(readers.map(({ events }) => events))).toEqual(new Set([32]))
    closeAll(readers)
  })

  test('a worker that is killed meanwhile: nothing is half done, and its replacement has the new settings', async () => {
    const { port, pid } = await serveYaml(
      fleet,
      `${unique}upstreams:\n  - {name: a, prefix: /a, phases: [{after: 0}, {after: 1h, model: later}]}\n  - {name: b, prefix: /b}\n`,
      two,
    )
    expect((await order(port, 'POST', '/phase?upstream=a', { to: 1 })).status).toBe(200)
    for (let round = 0; round < 3; round++) {
      const [victim] = childrenOf(pid)
      const changes: Promise<number | string>[] = []
      for (let i = 0; i < 30; i++) {
        changes.push(
          order(port, 'PATCH', '?upstream=b', { model: `m${round}-${i}` }).then(
            ({ status }) => status,
            () => 'its connection was lost',
          ),
        )
        if (i === 10) process.kill(victim!, 'SIGKILL')
        await Bun.sleep(1)
      }
      const answers = await Promise.all(changes)
      expect(answers.filter((one) => one !== 200 && one !== 'its connection was lost')).toEqual([])
      await until(async () => (await statsOf(port).catch(() => undefined))?.workers.reported === 2)
      const last = `last-${round}`
      expect((await order(port, 'PATCH', '?upstream=b', { model: last })).status).toBe(200)
      expect(await modelsOf(port, '/b/v1/chat/completions')).toEqual([last, last])
      // The phase that was entered goes on in it.
      expect(await modelsOf(port, '/a/v1/chat/completions')).toEqual(['later', 'later'])
    }
  }, 60_000)

  test.each<[object, number, string]>([
    [{ workers: 1 }, 409, 'workers cannot change'],
    [{ 'tls-cert': 'x' }, 409, 'tls-cert cannot change'],
    [{ 'rate-limit': '1/s' }, 400, '--rate-limit 1 cannot be shared by --workers 2'],
    [{ 'max-open': 1 }, 400, '--max-open 1 cannot be shared by --workers 2'],
    [{ text: '@/nowhere' }, 400, '--text @/nowhere was not given at the start'],
  ])('%j: %d, and all is as it was', async (change, status, message) => {
    const { port } = await serveYaml(fleet, unique, two)
    const told = await order(port, 'PATCH', '', { model: 'new', ...change })
    expect([told.status, told.body.error!.message]).toEqual([status, expect.stringContaining(message)])
    expect(await modelsOf(port)).toEqual(['mock-model', 'mock-model'])
    expect((await order(port, 'GET')).body['model']).toBe('mock-model')
  })

  test.skipIf(countCpus() < 2)('as many workers as there are CPUs share no limit of one either', async () => {
    const yaml = 'upstreams: [{name: a, prefix: /a}, {name: b}]\n'
    const { port } = await serveYaml(fleet, yaml, { ...instant, workers: '0' })
    const told = await order(port, 'PATCH', '?upstream=b', { 'max-open': 1 })
    const message = `b: --max-open 1 cannot be shared by --workers ${countCpus()}: each needs a part of it`
    expect([told.status, told.body.error!.message]).toEqual([400, message])
  })

  test('who has been answered finds the phase that was entered, everywhere, and the first one again', async () => {
    const { port } = await serveYaml(
      fleet,
      `${unique}phases: [{after: 0, model: m0}, {after: 1h, model: m1}, {after: 2h, model: m2}]\n`,
      two,
    )
    const clients = await connectToAll(port, 2)
    const find = async (model: string): Promise<void> => {
      for (const client of clients.values())
        expect((await askOn(client)).body).toContain(`"model":"${model}"`)
    }
    for (let i = 1; i < 30; i++) {
      expect((await order(port, 'POST', '/phase', { to: i % 3 })).status).toBe(200)
      await find(`m${i % 3}`)
    }
    expect((await order(port, 'POST', '/phase', { to: 1 })).status).toBe(200)
    expect((await order(port, 'DELETE')).status).toBe(200)
    await find('m0')
    expect((await order(port, 'POST', '/phase', { to: 2 })).status).toBe(200)
    await statsOf(port, '/reset', 'POST')
    await find('m0')
    disconnect(clients)
  })

  test('nor does a worker that is starting answer as it was', async () => {
    const yaml = `${unique}upstreams:\n  - {name: a, prefix: /a, phases: [{after: 0, model: m0}, {after: 1h, model: m1}]}\n  - {name: b}\n`
    const { port, pid } = await serveYaml(fleet, yaml, { ...two, noWarmUp: 'false' })
    const askAnew = async (path: string): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', keepalive: false })
      return answer.text()
    }
    for (let round = 0; round < 2; round++) {
      const [victim] = childrenOf(pid)
      process.kill(victim!, 'SIGKILL')
      await until(() => !childrenOf(pid).includes(victim!))
      let isWhole = false
      for (let i = 0; !isWhole; i++) {
        isWhole = childrenOf(pid).length === 2 && (await statsOf(port)).workers.reported === 2
        expect((await order(port, 'PATCH', '?upstream=b', { model: `r${round}-${i}` })).status).toBe(200)
        expect((await order(port, 'POST', '/phase', { to: i % 2 })).status).toBe(200)
        for (let j = 0; j < 4; j++) {
          expect(await askAnew('/v1/chat/completions')).toContain(`"model":"r${round}-${i}"`)
          expect(await askAnew('/a/v1/chat/completions')).toContain(`"model":"m${i % 2}"`)
        }
      }
    }
  })

  test('a phase is entered in both, and left by the clock', async () => {
    const { port } = await serveYaml(
      fleet,
      `${unique}phases: [{after: 0, model: m0}, {after: 1h, model: m1}, {after: 1h 1m, model: m2}]\n`.replace(
        '1h 1m',
        '61m',
      ),
      two,
    )
    for (const to of [1, 2, 0]) {
      expect((await order(port, 'POST', '/phase', { to })).status).toBe(200)
      await until(async () => (await modelsOf(port)).every((model) => model === `m${to}`))
    }
  })
})

test.skipIf(process.platform === 'win32')(
  'no change reads a file: none hangs, and none fails because a file has changed (Unix)',
  async () => {
    const [rules, pipe] = [join(fleet.folder, 'rules.yaml'), join(fleet.folder, 'pipe')]
    Bun.spawnSync(['mkfifo', pipe])
    await Bun.write(rules, '- then: {text: known}')
    const yaml = `reply: auto\nupstreams:\n  - {name: a, replies: ${rules}}\n  - {name: b, prefix: /b}\n`
    const { port, pid, program } = await serveYaml(fleet, yaml, { ...instant, control: 'true' })
    await Bun.write(rules, 'no rules any more')
    for (const [change, error] of [
      [{ text: `@${pipe}` }, `--text @${pipe} was not given at the start: a change takes no other files`],
      [{ text: '@/dev/zero' }, '--text @/dev/zero was not given'],
      [{ replies: '-' }, '--replies - was not given'],
    ] as const) {
      const { status, body } = await order(port, 'PATCH', '', change)
      expect([status, body.error?.message]).toEqual([400, expect.stringContaining(error)])
    }
    expect((await order(port, 'PATCH', '', { 'ttft-ms': 7 })).status).toBe(200)
    expect((await order(port, 'PATCH', '?upstream=b', { replies: rules })).status).toBe(200)
    expect((await order(port, 'DELETE')).status).toBe(200)
    process.kill(pid, 'SIGTERM')
    expect(await program.process.exited).toBe(0)
  },
)

test('without --control nothing changes, and it says how', async () => {
  const { port } = await serveYaml(fleet, 'chunk-delay-ms: 0\n')
  const { status, body } = await order(port, 'PATCH', '', { model: 'x' })
  expect([status, body.error!.message]).toEqual([404, expect.stringContaining('--control')])
})
