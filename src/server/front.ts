// What is asked at one address: which upstream a path belongs to, by its prefix.
import type { RequestHead } from '../apis/api.ts'
import type { KeptHeaders } from '../apis/kept.ts'
import { orList } from '../config/nearest.ts'
import type { Card, Picker } from './card.ts'
import type { Desk, UpstreamDesk } from './desk.ts'
import { isExact, Router, type Served } from './match.ts'
import type { Observation } from './observe.ts'

/** An upstream at an address. */
export interface Tenant {
  /** Empty: it has what is nobody else's. */
  readonly prefix: string
  readonly desk: UpstreamDesk
}

/** A head as it is behind a prefix. */
class PrefixedHead implements RequestHead {
  readonly #head: RequestHead
  readonly path: string

  constructor(head: RequestHead, path: string) {
    this.#head = head
    this.path = path
  }

  get method(): string {
    return this.#head.method
  }

  get query(): string {
    return this.#head.query
  }

  header(name: string): string | null {
    return this.#head.header(name)
  }

  headers(): KeptHeaders {
    return this.#head.headers()
  }
}

/** The desk of all upstreams at an address, one at least. `observed` is told where no upstream is without a prefix. */
export function createFront(tenants: readonly [Tenant, ...Tenant[]], observed: readonly Observation[]): Desk {
  const usual = tenants.find(({ prefix }) => prefix === '')?.desk
  if (tenants.length === 1 && usual !== undefined) return usual
  const prefixed = tenants.filter(({ prefix }) => prefix !== '')
  const bySegment = Map.groupBy(prefixed, ({ prefix }) => firstSegment(prefix))
  const rows: Desk['rows'] = [
    ...prefixed.flatMap(({ prefix, desk }) => desk.rows.map((row) => behind(prefix, row))),
    ...(usual === undefined
      ? observed.map(({ method, path, pick }) => ({ method, path, value: { pick } }))
      : usual.rows),
  ]
  const stranger = usual ?? createStranger(tenants, observed)

  const tenantOf = (path: string): Tenant | undefined =>
    bySegment
      .get(firstSegment(path))
      ?.find(
        ({ prefix }) =>
          path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/'),
      )

  return {
    rows,
    match: (method, path) => {
      const tenant = tenantOf(path)
      if (tenant === undefined) return stranger.match(method, path)
      const rest = path.slice(tenant.prefix.length) || '/'
      const pick = tenant.desk.match(method, rest)
      return (head) => pick(new PrefixedHead(head, rest))
    },
    refuse: (status, message, path) => {
      const tenant = tenantOf(path)
      return (tenant?.desk ?? stranger).refuse(status, message, path.slice(tenant?.prefix.length ?? 0) || '/')
    },
    fail: (thrown) => stranger.fail(thrown),
  }
}

/** Who answers where every upstream has a prefix, and none is meant. */
function createStranger(
  [first, ...others]: readonly [Tenant, ...Tenant[]],
  observed: readonly Observation[],
): Omit<Desk, 'rows'> {
  const { desk } = first
  const router = new Router([
    ...observed.map(({ method, path, pick }) => ({ method, path, value: pick })),
    // What tells that all is well, and what this is, does not depend on the upstream.
    ...['/', '/health', '/healthz', '/readyz'].map((path) => ({
      method: 'GET',
      path,
      value: desk.match('GET', path),
    })),
  ])
  const hint = `the upstreams here are at ${orList([first, ...others].map(({ prefix }) => prefix))}`
  const pickNone: Picker = (head) => desk.unrouted(head, router.methods(head.path), hint)
  const pickOther = (method: string): Picker => (method === 'OPTIONS' ? desk.preflight : null) ?? pickNone
  return {
    match: (method, path) => router.find(method === 'HEAD' ? 'GET' : method, path) ?? pickOther(method),
    refuse: (status, message, path): Card => desk.refuse(status, message, path),
    fail: (thrown): Card => desk.fail(thrown),
  }
}

/** The row as it is behind a prefix. */
function behind(
  prefix: string,
  { method, path, value: { pick } }: Served<{ readonly pick: Picker }>,
): Served<{ readonly pick: Picker }> {
  const stripped: Picker = isExact(path)
    ? (head) => pick(new PrefixedHead(head, path))
    : (head) => pick(new PrefixedHead(head, head.path.slice(prefix.length)))
  return { method, path: `${prefix}${path === '/' ? '' : path}`, value: { pick: stripped } }
}

/** `/eu/slow` → `/eu`. */
function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return end < 0 ? path : path.slice(0, end)
}
