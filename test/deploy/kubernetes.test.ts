// The manifests for Kubernetes: what schemas and types of its API say of them, and what must fit together in them.
import { describe, expect, test } from 'bun:test'
import {
  type IPodMonitor,
  PodMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import { type IService, Service } from 'kubernetes-models/v1/Service'
import manifest from '../../package.json' with { type: 'json' }
import { SPARE_MS } from '../../src/fleet/banner.ts'
import { serveInProcess } from '../_helpers.ts'
import { changed, complaintsOf, configOf, documentsOf, readDeployed } from './_files.ts'

const text = await readDeployed('kubernetes.yaml')
const monitorText = await readDeployed('podmonitor.yaml')
const [deployment, service, headless] = documentsOf(text) as [IDeployment, IService, IService]
const [monitor] = documentsOf(monitorText) as [IPodMonitor]

const operator = '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'

/** What is wrong with each document of a text, by the schema of its kind, or if that is content by its type. */
async function complaintsAbout(documents: string): Promise<string[]> {
  const found = documentsOf(documents).map((document) => {
    const { kind } = document as { kind: string }
    if (kind === 'Deployment')
      return check(new Deployment(document as IDeployment), 'kubernetes-models/apps/v1/Deployment')
    if (kind === 'Service') return check(new Service(document as IService), 'kubernetes-models/v1/Service')
    if (kind === 'PodMonitor') return check(new PodMonitor(document as IPodMonitor), operator)
    return [`there is no kind ${kind} here`]

    async function check(model: { validate(): void }, from: string): Promise<string[]> {
      try {
        model.validate()
      } catch (thrown) {
        return [(thrown as Error).message]
      }
      return complaintsOf(document, `I${kind}`, from)
    }
  })
  return (await Promise.all(found)).flat()
}

describe('schemas and types', () => {
  test('have nothing against the manifests', async () => {
    expect(documentsOf(text)).toHaveLength(3)
    expect(await complaintsAbout(text)).toEqual([])
    expect(await complaintsAbout(monitorText)).toEqual([])
  })

  test.each([
    ['a field of another type', text, 'replicas: 3', 'replicas: three', 'must be integer'],
    [
      'a field that is missing',
      text,
      'name: http\n              containerPort',
      'name: http\n              port',
      'containerPort',
    ],
    [
      'a field that there is not',
      text,
      'terminationGracePeriodSeconds',
      'terminationGraceSeconds',
      'does not exist',
    ],
    ['a field in the wrong place', text, 'clusterIP: None', 'type: None', 'must be equal to one of'],
    ['a time of Prometheus', monitorText, 'interval: 5s', 'interval: 5 s', 'must match pattern'],
    ['an endpoint of Prometheus', monitorText, 'podMetricsEndpoints', 'podMetricEndpoints', 'does not exist'],
    ['a kind', text, 'kind: Service', 'kind: Servant', 'no kind Servant'],
  ])('complain of %s', async (_, whole, from, to, complaint) =>
    expect((await complaintsAbout(changed(whole, from, to))).join('\n')).toContain(complaint),
  )
})

const pod = deployment.spec!.template.spec!
const [container] = pod.containers
const config = configOf(container!.args!)
const [port] = container!.ports!
const seconds = (ms: number): number => ms / 1000

describe('the replicas', () => {
  test('are those that the Deployment, both Services and the PodMonitor mean', () => {
    const labels = deployment.spec!.template.metadata!.labels
    for (const selector of [
      deployment.spec!.selector.matchLabels,
      service.spec!.selector,
      headless.spec!.selector,
      monitor.spec.selector.matchLabels,
      pod.topologySpreadConstraints![0]!.labelSelector!.matchLabels,
    ])
      expect(selector).toEqual(labels!)
    expect(service.spec!.clusterIP).toBeUndefined()
    expect(headless.spec!.clusterIP).toBe('None')
    expect(headless.metadata!.name).toBe(`${service.metadata!.name}-pods`)
  })

  test('are reached at the port that they listen on', async () => {
    const listen = /MOCK_LLM_LISTEN=:(\d+)/.exec(await readDeployed('Dockerfile'))![1]
    expect(port).toEqual({ name: 'http', containerPort: Number(listen) })
    for (const { spec } of [service, headless])
      expect(spec!.ports).toEqual([{ name: 'http', port: Number(listen), targetPort: 'http' }])
    expect(deployment.spec!.template.metadata!.annotations!['prometheus.io/port']).toBe(listen!)
    expect(monitor.spec.podMetricsEndpoints!.map((one) => one.port)).toEqual(['http'])
  })

  test('have CPUs of their own, and a worker for each', () => {
    const { requests, limits } = container!.resources!
    expect(requests).toEqual(limits!)
    expect(Object.keys(limits!).toSorted()).toEqual(['cpu', 'memory'])
    expect(limits!['cpu']).toBe(config.workers)
    expect(config.workers).toBeGreaterThan(0)
  })

  test('may take as long to end as they need', () => {
    const { sleep } = container!.lifecycle!.preStop!
    expect(pod.terminationGracePeriodSeconds!).toBeGreaterThanOrEqual(
      sleep!.seconds + seconds(config.graceMs + SPARE_MS),
    )
  })

  test('are asked for what there is', async () => {
    const server = serveInProcess({})
    try {
      const { startupProbe, readinessProbe, livenessProbe } = container!
      const paths = [startupProbe, readinessProbe, livenessProbe].map((probe) => {
        expect(probe!.httpGet!.port).toBe('http')
        return probe!.httpGet!.path
      })
      expect(paths).toEqual(['/readyz', '/readyz', '/healthz'])
      const scraped = deployment.spec!.template.metadata!.annotations!['prometheus.io/path']
      expect(monitor.spec.podMetricsEndpoints![0]!.path).toBe(scraped!)
      for (const path of [...paths, scraped])
        expect([path, (await fetch(`http://127.0.0.1:${server.port}${path}`)).status]).toEqual([path, 200])
    } finally {
      await server.stop(0)
    }
  })

  test('may do nothing that they need not', async () => {
    const [uid] = /USER (\d+)/.exec(await readDeployed('Dockerfile'))!.slice(1)
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: Number(uid),
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod.automountServiceAccountToken).toBe(false)
  })

  test('are of the version that this is', () =>
    expect(container!.image).toBe(`ghcr.io/OWNER/REPOSITORY:${manifest.version}`))
})
