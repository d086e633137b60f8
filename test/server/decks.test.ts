// Which replies are kept prepared: small ones that may be asked for again, and not what is long or several.
import { describe, expect, test } from 'bun:test'
import { createdAt } from '../_helpers.ts'
import type { Route } from '../../src/apis/api.ts'
import { type Ask, defaultAsk, type Input } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { marks } from '../../src/apis/marks.ts'
import { readConfig } from '../../src/config/config.ts'
import { parsePattern } from '../../src/config/patterns.ts'
import { body } from '../replies/_replies.ts'
import type { Card, Dealer } from '../../src/server/card.ts'
import { createDecks, type Decks, MOST_KEPT_BYTES } from '../../src/server/decks.ts'
import { Kept } from '../../src/server/kept.ts'
import { Preparing } from '../../src/server/preparing.ts'
import { Tally } from '../../src/stats/tally.ts'
import { cardOf } from './_desk.ts'

interface Laid {
  readonly decks: Decks
  readonly base: Ask
  readonly route: Route
  /** What is kept of what requests made up, in bytes. */
  taken(): number
}

/** A dealer of cards that are there at once. */
const cards =
  (deal: Dealer) =>
  (ask: Ask): Card =>
    cardOf(deal(ask))

function lay(path: string): Laid {
  const setup = { config: readConfig({ reply: 'auto' }, {}), createdAt }
  const base = defaultAsk(setup.config)
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  const kept = new Kept(MOST_KEPT_BYTES)
  return {
    decks: createDecks(setup, base, {
      tally,
      place: { index: 0, workers: 1 },
      kept,
      preparing: new Preparing({ now: () => 0, later: setImmediate }),
      prepares: 'all',
      variant: '',
    }),
    base,
    route: catalogue(setup).find(({ paths }) => paths[0] === path)!,
    taken: () => kept.taken,
  }
}

test.each<[string, Input[], boolean]>([
  ['a text', ['a'], true],
  ['tokens', [[1, 2]], true],
  ['a long text', ['a'.repeat(1001)], false],
  ['many tokens', [new Array<number>(1001).fill(1)], false],
  ['two texts', ['a', 'b'], false],
])('embeddings of %s', (_, inputs, isKept) => {
  const { decks, base, route } = lay('/v1/embeddings')
  const deal = cards(decks.planned(route))
  const ask = { ...base, inputs, dimensions: 8 }
  const first = deal(ask).reply
  expect(deal({ ...ask }).reply === first).toBe(isKept)
  expect(deal({ ...ask }).reply).toEqual(first)
  expect(deal(base).reply).not.toEqual(first)
})

test.each<[string, Partial<Ask>, boolean]>([
  ['a short text that is repeated', { echo: '{"user":"u"}' }, true],
  ['a long text that is repeated', { echo: JSON.stringify({ instructions: 'x'.repeat(5000) }) }, true],
  ['a long text of its own', { own: { text: 'x'.repeat(5000), pieces: ['x'.repeat(5000)] } }, false],
])('what is said is prepared once, with %s', (_, asked, isShared) => {
  const { decks, base, route } = lay('/v1/responses')
  const deal = cards(decks.planned(route))
  const [first, second] = [1, 2].map((limit) => deal({ ...base, ...asked, limit }).reply.frames)
  expect(second!.some((frame) => first!.includes(frame))).toBe(isShared)
})

describe('a chat', () => {
  const { decks, base, route } = lay('/v1/chat/completions')
  const asked: Ask = { ...base, model: 'other' }

  test('with a pattern of other words says these, and without it the usual ones', () => {
    const usual = body(cards(decks.planned(route))(asked).reply)
    const long = body(cards(decks.picked(route, parsePattern('long'), true))(asked).reply)
    expect(long.length).toBeGreaterThan(10 * usual.length)
    expect(body(cards(decks.planned(route))({ ...asked, limit: 3 }).reply).length).toBeLessThan(usual.length)
  })

  test('with a name that has a mark fills nothing in for it', () => {
    const deal = cards(decks.planned(route))
    const places = (model: string): number =>
      (deal({ ...base, model }).reply.places ?? []).flatMap((one) => one ?? []).length
    expect(places('plain')).toBeGreaterThan(0) // the ids
    expect(places(`a${marks.id.mark}b`)).toBe(places('plain'))
  })
})

test('all that asks make is counted: their replies, and the content that some share', () => {
  const { decks, base, route, taken } = lay('/v1/chat/completions')
  const deal = cards(decks.planned(route))
  deal(base)
  expect(taken()).toBe(0) // what the configuration asks for stays
  deal({ ...base, model: 'other' })
  const one = taken()
  expect(one).toBeGreaterThan(body(deal(base).reply).length)
  deal({ ...base, model: 'other', limit: 17 })
  expect(taken() - one).toBeLessThan(one / 2)
  deal({ ...base, model: 'another' })
  expect(taken()).toBeGreaterThan(1.9 * one)
})
