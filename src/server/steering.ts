// What is changed while upstreams serve: one order after the other, each applied everywhere or nowhere.
import type { GivenFlags } from '../config/config.ts'
import { messageOf, UsageError } from '../config/errors.ts'
import { applyPatch, patchedConfig, readPatch, Unchangeable } from '../config/patch.ts'
import { printedConfig } from '../config/settings.ts'
import { type Config, shownConfig, type Upstream } from '../config/upstreams.ts'
import { refuseLarge } from './sizes.ts'

/** `upstream`: the name of one that there is; null: all of them. */
export type Order =
  | { readonly verb: 'show' }
  | { readonly verb: 'patch'; readonly upstream: string | null; readonly text: string }
  | { readonly verb: 'enter'; readonly upstream: string | null; readonly text: string }
  | { readonly verb: 'restore'; readonly upstream: string | null }

/** What whoever gave an order is answered. */
export interface Steered {
  readonly status: number
  /** What was refused, and why; else the settings as they are now. */
  readonly error?: string
  readonly settings?: unknown
}

/** What an order moves. */
export interface Hands {
  /** Serves this configuration from now on. @throws when it cannot; then all stays as it was */
  apply(config: Config): Promise<void>
  /** The phases of these upstreams begin at these moments, by name, in Unix milliseconds. */
  begin(began: Readonly<Record<string, number>>): Promise<void> | void
  unixMs(): number
}

/** More than these wait for nothing: each is a change of all workers. */
const MOST_WAITING = 1000

/** State: what has been changed, and the orders that wait. */
export class Steering {
  readonly #start: Config
  readonly #hands: Hands
  #changes: ReadonlyMap<string, GivenFlags> = new Map()
  #config: Config
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(start: Config, hands: Hands) {
    this.#start = this.#config = start
    this.#hands = hands
  }

  /** What is served now. */
  get config(): Config {
    return this.#config
  }

  /** Never rejects. Orders are carried out in the order in which they come. */
  steer(order: Order): Promise<Steered> {
    if (this.#waiting >= MOST_WAITING)
      return Promise.resolve({
        status: 503,
        error: `${MOST_WAITING} changes are waiting already: try again later`,
      })
    this.#waiting++
    const done = this.#last.then(() => this.#carryOut(order)).finally(() => this.#waiting--)
    this.#last = done
    return done
  }

  async #carryOut(order: Order): Promise<Steered> {
    try {
      if (order.verb !== 'show') await this.#do(order)
      return { status: 200, settings: printedConfig(shownConfig(this.#config)) }
    } catch (thrown) {
      const status = thrown instanceof Unchangeable ? 409 : thrown instanceof UsageError ? 400 : 503
      return { status, error: messageOf(thrown) }
    }
  }

  async #do(order: Exclude<Order, { readonly verb: 'show' }>): Promise<void> {
    const named = this.#named(order.upstream)
    if (order.verb === 'enter') return this.#enter(named, order)
    const changes = new Map(this.#changes)
    if (order.verb === 'patch') {
      const patch = await readPatch(order.text)
      for (const { name } of named) changes.set(name, applyPatch(changes.get(name) ?? {}, patch))
    } else {
      for (const { name } of named) changes.delete(name)
    }
    const config = patchedConfig(this.#start, changes)
    refuseLarge(config, this.#start)
    await this.#hands.apply(config)
    this.#config = config
    this.#changes = changes
    if (order.verb === 'restore') await this.#begin(named, () => this.#hands.unixMs())
  }

  async #enter(
    named: readonly Upstream[],
    { upstream, text }: { upstream: string | null; text: string },
  ): Promise<void> {
    const wanted = phaseIn(text)
    const changing = named.filter(({ phases }) => phases.length > 1)
    if (changing.length === 0)
      throw new Unchangeable(
        `${upstream ?? 'no upstream'} has ${upstream === null ? '' : 'no '}phases: there is nothing to enter`,
      )
    for (const { name, phases } of changing)
      if (wanted >= phases.length)
        throw new UsageError(
          `to takes a phase from 0 to ${phases.length - 1}${name === '' ? '' : ` of ${name}`}, not ${wanted}`,
        )
    await this.#begin(changing, ({ phases }) => this.#hands.unixMs() - phases[wanted]!.afterMs)
  }

  async #begin(named: readonly Upstream[], momentOf: (upstream: Upstream) => number): Promise<void> {
    await this.#hands.begin(Object.fromEntries(named.map((one) => [one.name, momentOf(one)])))
  }

  #named(wanted: string | null): readonly Upstream[] {
    const { upstreams } = this.#config
    return wanted === null ? upstreams : upstreams.filter(({ name }) => name === wanted)
  }
}

/** Of `{"to": 2}`. */
function phaseIn(text: string): number {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  const to = typeof body === 'object' && body !== null && 'to' in body ? body.to : undefined
  if (typeof to === 'number' && Number.isInteger(to) && to >= 0) return to
  throw new UsageError('it takes a body that names a phase by its number, the first being 0, as in {"to": 2}')
}
