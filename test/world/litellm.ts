// The LiteLLM proxy in between: what `compare` says of it, and how it goes over to a backup while a provider fails.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { serveFile, until } from '../_helpers.ts'
import { usePython } from '../_python.ts'
import { compare, countsOf, freePort, KEY, PATIENCE_MS, useBetween } from './_between.ts'

const python = usePython(['litellm[proxy]==1.108.7'])
const { path, serve } = useBetween()

/** It does not start without a key of its own, and takes half a minute and more to start. */
async function serveLiteLlm(program: string, config: object): Promise<number> {
  const port = await freePort()
  const file = path(`litellm-${port}.json`)
  await Bun.write(file, JSON.stringify(config))
  const command = [join(program, '..', 'litellm'), '--config', file, '--host', '127.0.0.1']
  serve([...command, '--port', String(port)], {
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_LOG: 'CRITICAL',
    LITELLM_TELEMETRY: 'False',
    LITELLM_MASTER_KEY: KEY,
  })
  return port
}

const modelAt = (name: string, url: string): object => ({
  model_name: name,
  litellm_params: { model: `openai/${name}`, api_base: `${url}/v1`, api_key: 'mock', max_retries: 0 },
})

test(
  'compare',
  async () => {
    if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
    const mock = await freePort()
    const models = [modelAt('mock-model', `http://127.0.0.1:${mock}`)]
    const port = await serveLiteLlm(python.program, { model_list: models })
    const [via] = await compare(mock, { litellm: port })
    expect(via!.levels[0]!.stream).toMatchObject({ lost: 0, doubled: 0, reordered: 0 })
    expect(via!.levels[0]!.added.ttftP50!.median).toBeGreaterThan(0)
  },
  PATIENCE_MS,
)

interface Asked {
  readonly beganMs: number
  readonly endedMs: number
  readonly status: number
  /** Who answered in the end. */
  readonly upstream: string | null
}

test(
  'an outage from second 2 to second 4: the backup answers, and then the first again',
  async () => {
    if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
    const mock = await serveFile(
      `reply: auto
chunk-delay-ms: 0
upstreams:
  - { name: primary, prefix: /primary, phases: [{ after: 2s, fault: 'status:503' }, { after: 4s }] }
  - { name: backup, prefix: /backup }
`,
    )
    const url = `http://127.0.0.1:${mock.port}`
    const port = await serveLiteLlm(python.program, {
      model_list: ['primary', 'backup'].map((name) => modelAt(name, `${url}/${name}`)),
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ primary: ['backup'] }] },
    })
    const ask = async (): Promise<Omit<Asked, 'beganMs' | 'endedMs'>> => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ model: 'primary', messages: [{ role: 'user', content: 'Hi' }] }),
      })
      await response.text()
      return { status: response.status, upstream: response.headers.get('llm_provider-x-mock-upstream') }
    }
    const isUp = async (): Promise<boolean> => (await ask()).status === 200
    await until(() => isUp().catch(() => false), PATIENCE_MS / 2)

    await fetch(`${url}/stats/reset`, { method: 'POST' }) // its clock begins
    const startedMs = performance.now()
    const asked: Asked[] = []
    const isOver = (): boolean =>
      asked.some(({ upstream }) => upstream === 'backup') && asked.at(-1)!.beganMs > 4_500
    while (!isOver() && performance.now() - startedMs < 20_000) {
      const beganMs = performance.now() - startedMs
      asked.push({ beganMs, ...(await ask()), endedMs: performance.now() - startedMs })
    }

    const within = (fromMs: number, toMs: number): unknown[] => [
      ...new Set(
        asked
          .filter(({ beganMs, endedMs }) => beganMs > fromMs && endedMs < toMs)
          .map(({ status, upstream }) => `${status} ${upstream}`),
      ),
    ]
    expect(within(0, 1_900)).toEqual(['200 primary'])
    expect(within(2_100, 3_900)).toEqual(['200 backup'])
    expect(within(4_100, Number.POSITIVE_INFINITY)).toEqual(['200 primary'])

    const byBackup = asked.filter(({ upstream }) => upstream === 'backup').length
    expect(await countsOf(mock.port, 'primary')).toEqual({ 200: asked.length - byBackup, 503: byBackup })
    expect(await countsOf(mock.port, 'backup')).toEqual({ 200: byBackup })
    await mock.stop(0)
  },
  PATIENCE_MS,
)
