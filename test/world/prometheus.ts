// A real Prometheus, configured as in compose.yaml, that scrapes two mocks: every query of the dashboard and of the manual has an answer.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { parse } from 'yaml'
import { claimPort } from '../../src/fleet/host.ts'
import type { Running } from '../../src/server/server.ts'
import { changed, readDeployed } from '../deploy/_files.ts'
import { dashboardQueries, pageQueries, withVariables } from '../deploy/_promql.ts'
import { serveInProcess, temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'

const shown = await dashboardQueries()
const told = await pageQueries()

const prometheus = Bun.which('prometheus')
if (prometheus === null) console.log('skipped: prometheus is not on the PATH')

describe.skipIf(prometheus === null)('a Prometheus beside two mocks', () => {
  const folder = temporaryFolder()
  const mocks: Running[] = []
  let watching: Bun.Subprocess | undefined
  let url = ''

  const valuesOf = async (query: string): Promise<number[]> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
    const { data, error } = (await answer.json()) as {
      data?: { result: { value: [number, string] }[] }
      error?: string
    }
    if (data === undefined) throw new Error(error)
    return data.result.map(({ value }) => Number(value[1]))
  }

  beforeAll(async () => {
    const fault = 'status:429@50%'
    for (let i = 0; i < 2; i++) mocks.push(serveInProcess({ fault, chunkDelayMs: '1', graceMs: '0' }))
    const port = await claimPort({ host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${port}`
    const { configs } = parse(await readDeployed('compose.yaml')) as {
      configs: { prometheus: { content: string } }
    }
    const addresses = mocks.map((mock) => `'127.0.0.1:${mock.port}'`).join(', ')
    const often = changed(configs.prometheus.content, 'scrape_interval: 5s', 'scrape_interval: 250ms')
    await Bun.write(join(folder.path, 'prometheus.yml'), changed(often, "'mock:8080'", addresses))
    watching = Bun.spawn(
      [
        prometheus!,
        `--config.file=${join(folder.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder.path, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    )
    leash(watching)
    await until(() =>
      valuesOf('sum(up) == 2').then(
        ({ length }) => length > 0,
        () => false,
      ),
    )
    for (const { port } of mocks)
      for (let i = 0; i < 200; i++) {
        const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST' })
        await answer.text()
      }
  }, 60_000)
  afterAll(async () => {
    watching?.kill('SIGTERM')
    await watching?.exited
    await Promise.all(mocks.map((mock) => mock.stop(0)))
    folder.remove()
  })

  test('both are added up', async () => {
    await until(async () => (await valuesOf('sum(mock_llm_requests_total)'))[0] === 400)
    expect(await valuesOf('count(mock_llm_build_info)')).toEqual([2])
  })

  test.each(shown)('the dashboard, %s: %s', async (_, __, query) => {
    expect(await until(() => answersOf(query))).not.toEqual([])
  })

  test.each(told)('the manual: %s', async (query) => {
    expect(await until(() => answersOf(query))).not.toEqual([])
  })

  /** The values of a query over the last minute, once there are some and all are numbers. */
  async function answersOf(query: string): Promise<number[] | undefined> {
    const values = await valuesOf(withVariables(query))
    return values.length > 0 && values.every(Number.isFinite) ? values : undefined
  }
})
