// The file for Docker Compose: its schema, and whether what is in it fits what it starts.
import { afterAll, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { DCLinter } from 'dclint'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { temporaryFolder } from '../_helpers.ts'
import { changed, configOf, readDeployed } from './_files.ts'

interface Mount {
  readonly source: string
  readonly target: string
}

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports: readonly string[]
  readonly configs?: readonly Mount[]
}

const text = await readDeployed('compose.yaml')
const { services, configs } = parse(text) as {
  readonly services: Readonly<Record<'mock' | 'prometheus' | 'grafana', Service>>
  readonly configs: Readonly<Record<string, { readonly content?: string; readonly file?: string }>>
}
const folder = temporaryFolder()
afterAll(folder.remove)

/** Not ours: an order by the alphabet, and lists in the place of short ones in a line. */
const rules = { 'service-keys-order': 0, 'services-alphabetical-order': 0 } as const

async function complaintsAbout(compose: string): Promise<string[]> {
  const path = join(folder.path, 'compose.yaml')
  await Bun.write(path, compose)
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] })
  return linter.lintFiles([path], false).flatMap(({ messages }) => messages.map(({ message }) => message))
}

test('the schema and the rules of the field have nothing against it', async () =>
  expect(await complaintsAbout(text)).toEqual([]))

test.each([
  ['a field that there is not', 'read_only', 'readonly', 'must NOT have additional properties'],
  ['a value of another type', 'read_only: true', 'read_only: []', 'must be boolean'],
  ['an image without a version', 'prom/prometheus:v3.15.0', 'prom/prometheus', 'image'],
  ['a port for every interface', '127.0.0.1:9090:9090', '9090:9090', 'interface'],
])('they have something against %s', async (_, from, to, complaint) =>
  expect((await complaintsAbout(changed(text, from, to))).join('\n')).toContain(complaint),
)

const mountsOf = (service: Service): ReadonlyMap<string, string> =>
  new Map(service.configs?.map(({ source, target }) => [source, target]))

test('the mock is built from the Dockerfile, takes its variables, and is scraped where it listens', async () => {
  const { build, environment } = services.mock
  const place = join('.github/deploy', build!.context)
  expect(join(place, build!.dockerfile)).toBe('.github/deploy/Dockerfile')
  expect(configOf([], environment).reply).toBe('auto')
  const [, port] = /^EXPOSE (\d+)$/m.exec(await readDeployed('Dockerfile'))!
  expect(services.mock.ports).toEqual([`127.0.0.1:8080:${port}`])
  const { scrape_configs: scraped } = parse(configs['prometheus']!.content!) as {
    readonly scrape_configs: readonly { readonly static_configs: readonly unknown[] }[]
  }
  expect(scraped.map(({ static_configs }) => static_configs)).toEqual([[{ targets: [`mock:${port}`] }]])
})

test('everything that is mounted is there, and nothing else', () => {
  const mounted = Object.values(services).flatMap((service) => [...mountsOf(service).keys()])
  expect(mounted.toSorted()).toEqual(Object.keys(configs).toSorted())
})

test('Grafana finds Prometheus and the dashboard', async () => {
  const { datasources } = parse(configs['datasources']!.content!) as {
    readonly datasources: readonly { readonly type: string; readonly url: string }[]
  }
  expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }])
  const { providers } = parse(configs['dashboards']!.content!) as {
    readonly providers: readonly { readonly options: { readonly path: string } }[]
  }
  const home = services.grafana.environment!['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!
  expect(mountsOf(services.grafana).get('dashboard')).toBe(home)
  expect(providers.map(({ options }) => options.path)).toEqual([dirname(home)])
  expect(JSON.parse(await readDeployed(configs['dashboard']!.file!))).toHaveProperty('panels')
})

test('what is run is of the versions whose words are checked', () => {
  const { '@grafana/schema': grafana, '@prometheus-io/lezer-promql': promql } = manifest.devDependencies
  expect(services.grafana.image).toBe(`grafana/grafana:${grafana}`)
  expect(services.prometheus.image).toBe(`prom/prometheus:v${promql.replace(/^0\.(\d)(\d\d)\./, '$1.$2.')}`)
})
