// Which replies are kept prepared: small ones that may be asked for again, and not what is long or several.
import { expect, test } from 'bun:test'
import { createdAt } from '../_helpers.ts'
import { type Ask, defaultAsk, type Input } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { readConfig } from '../../src/config/config.ts'
import { createDecks, type DeckRoom, MOST_KEPT_BYTES } from '../../src/server/decks.ts'
import { Kept } from '../../src/server/kept.ts'
import { Tally } from '../../src/stats/tally.ts'

const roomOf = (tally: Tally): DeckRoom => ({
  tally,
  place: { index: 0, workers: 1 },
  kept: new Kept(MOST_KEPT_BYTES),
  prepares: 'all',
  variant: '',
})

test.each<[string, Input[], boolean]>([
  ['a text', ['a'], true],
  ['tokens', [[1, 2]], true],
  ['a long text', ['a'.repeat(1001)], false],
  ['many tokens', [new Array<number>(1001).fill(1)], false],
  ['two texts', ['a', 'b'], false],
])('embeddings of %s', (_, inputs, isKept) => {
  const setup = { config: readConfig({ reply: 'auto' }, {}), createdAt }
  const base = defaultAsk(setup.config)
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  const route = catalogue(setup).find(({ paths }) => paths[0] === '/v1/embeddings')!
  const deal = createDecks(setup, base, roomOf(tally)).planned(route)
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
  const setup = { config: readConfig({ reply: 'auto' }, {}), createdAt }
  const base = defaultAsk(setup.config)
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  const route = catalogue(setup).find(({ paths }) => paths[0] === '/v1/responses')!
  const deal = createDecks(setup, base, roomOf(tally)).planned(route)
  const [first, second] = [1, 2].map((limit) => deal({ ...base, ...asked, limit }).reply.frames)
  expect(second!.some((frame) => first!.includes(frame))).toBe(isShared)
})
