// Which bodies are known again, without being read once more.
import { expect, test } from 'bun:test'
import type { Route } from '../../src/apis/api.ts'
import { defaultAsk } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { readSettings } from '../../src/config/config.ts'
import { pickByBody, type Refusals } from '../../src/server/asks.ts'
import type { BodyNeeded, Card } from '../../src/server/card.ts'
import { headOf, lay } from './_desk.ts'

const said = (text: string): object => ({ messages: [{ role: 'user', content: text }] })
const asking = (schema: object): object => ({
  ...said('x'),
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
})

test.each<[string, object, number]>([
  ['a short one', said('x'), 1],
  ['one of 5,000 characters', said('x'.repeat(5000)), 2],
  ['one that asks for a short text', asking({ const: 'x' }), 1],
  [
    'a short one that asks for a long text',
    asking({ type: 'array', minItems: 2000, items: { const: 'x' } }),
    2,
  ],
])('two times %s', (_, body, expected) => expect(readings(body)).toBe(expected))

function readings(body: object): number {
  const config = readSettings({ reply: 'auto' }, {})
  const chat = catalogue({ config, createdAt: 0 }).find(({ paths }) => paths[0] === '/v1/chat/completions')!
  let count = 0
  const route: Route = {
    ...chat,
    read: (...given) => {
      count++
      return chat.read!(...given)
    },
  }
  const card = { counter: null } as Card
  const refusals: Refusals = {
    encoding: () => card,
    unknown: () => card,
    unfit: () => card,
    counter: lay({}).tally.counter('x', 413),
    invalid: (message) => {
      throw new Error(message)
    },
    noModel: () => card,
  }
  const pick = pickByBody(route, defaultAsk(config), () => card, refusals, {
    models: undefined,
    mostBytes: 1 << 20,
    answer: undefined,
  })
  const needed = pick(headOf('POST', '/v1/chat/completions')) as BodyNeeded
  for (let i = 0; i < 2; i++) needed.pick(new TextEncoder().encode(JSON.stringify(body)))
  return count
}
