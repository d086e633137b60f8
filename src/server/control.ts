// GET, PATCH and DELETE /control, POST /control/phase: settings that change while they are served.
import { jsonAnswer } from '../apis/api.ts'
import { providers } from '../apis/providers.ts'
import { wholeReply } from '../replies/reply.ts'
import type { Tally } from '../stats/tally.ts'
import { type Card, type Choice, type Later, uncounted } from './card.ts'
import type { Observation } from './observe.ts'
import type { Order, Steered } from './steering.ts'

/** Has an order carried out, for all workers. */
export type Steer = (order: Order) => Promise<Steered>

const OFF = 'Nothing changes while this serves: --control lets PATCH /control change upstreams.'

/** The longest body of an order. */
const MOST_BYTES = 1 << 20

/** They are not counted, and ask for the key where there is one. `steer`: null where nothing may change. `headers`: every answer carries them. */
export function controlRoutes(
  steer: Steer | null,
  headers: Readonly<Record<string, string>>,
  tally: Tally,
): Observation[] {
  const answer = ({ status, error, settings }: Steered): Card => {
    const whole = error === undefined ? jsonAnswer(status, settings) : providers.openai.error(status, error)
    return uncounted(wholeReply(whole, headers), tally)
  }
  const off = answer({ status: 404, error: OFF })
  const later = (order: Order): Card | Later =>
    steer === null ? off : { kind: 'later', card: steer(order).then(answer), counter: null }
  const withBody = (order: (text: string) => Order): Choice => ({
    kind: 'body',
    mostBytes: MOST_BYTES,
    keeps: true,
    counter: null,
    pick: (body) =>
      typeof body === 'string'
        ? answer({ status: 413, error: `A change has at most ${MOST_BYTES} bytes.` })
        : later(order(new TextDecoder().decode(body))),
  })
  const isGuarded = true
  return [
    { method: 'GET', path: '/control', isGuarded, pick: () => later({ verb: 'show' }) },
    {
      method: 'PATCH',
      path: '/control',
      isGuarded,
      pick: ({ query }) => withBody((text) => ({ verb: 'patch', upstream: upstreamIn(query), text })),
    },
    {
      method: 'POST',
      path: '/control/phase',
      isGuarded,
      pick: ({ query }) => withBody((text) => ({ verb: 'enter', upstream: upstreamIn(query), text })),
    },
    {
      method: 'DELETE',
      path: '/control',
      isGuarded,
      pick: ({ query }) => later({ verb: 'restore', upstream: upstreamIn(query) }),
    },
  ]
}

function upstreamIn(query: string): string | null {
  return new URLSearchParams(query).get('upstream')
}
