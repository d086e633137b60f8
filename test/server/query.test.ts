// What is asked of the mock about itself: keys that there are, and upstreams.
import { describe, expect, test } from 'bun:test'
import type { WholeAnswer } from '../../src/apis/api.ts'
import { readConfigFile } from '../../src/config/configfile.ts'
import { wholeReply } from '../../src/replies/reply.ts'
import { type Card, uncounted } from '../../src/server/card.ts'
import { type Asked, pickAsked, readKeys } from '../../src/server/query.ts'
import { cardOf, lay, statusOf, textOf } from './_desk.ts'

const keys = ['upstream', 'session'] as const
const read = (yaml: string): ReturnType<typeof readConfigFile> =>
  readConfigFile(yaml, 'c.yaml', { flags: {}, environment: {} })
const named = await read('upstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}]')
const nameless = await read('ttft-ms: 1')
const { tally } = lay({})
const refuse = (whole: WholeAnswer): Card => uncounted(wholeReply(whole, {}), tally)

test.each<[string, Asked<(typeof keys)[number]>]>([
  ['', {}],
  ['upstream=a', { upstream: 'a' }],
  ['session=x%20y&upstream=', { session: 'x y', upstream: '' }],
])('%j', (query, asked) => expect(readKeys(query, keys)).toEqual(asked))

describe('is refused', () => {
  test.each<[string, typeof named, number, string]>([
    [
      'upsteam=a',
      named,
      400,
      "There is no key 'upsteam'. Did you mean upstream? It takes upstream or session.",
    ],
    ['upstream=a&upstream=b', named, 400, 'upstream is given twice.'],
    ['__proto__=a', named, 400, "There is no key '__proto__'."],
    ['constructor', named, 400, "There is no key 'constructor'."],
    ['upstream=c', named, 404, "No upstream is called 'c': there are a, b."],
    ['upstream=', named, 404, "No upstream is called '': there are a, b."],
    ['upstream=a', nameless, 404, "No upstream is called 'a': there is one, which has no name."],
  ])('%s', (query, config, status, message) => {
    const none = (): never => {
      throw new Error('it was picked')
    }
    const card = cardOf(pickAsked(query, keys, config, none, refuse))
    expect(statusOf(card)).toBe(status)
    expect(JSON.parse(textOf(card)).error.message).toStartWith(message)
  })

  test('no key, where none is known', () => {
    const card = cardOf(
      pickAsked('a=1', [], named, () => refuse({ kind: 'whole', status: 200, body: '' }), refuse),
    )
    expect(textOf(card)).toContain("There is no key 'a'. It takes none.")
  })
})

test('what is wrong with the mock itself is not called a mistake of whoever asks', () => {
  const broken = (): never => {
    throw new TypeError('x')
  }
  expect(() => pickAsked('', keys, named, broken, refuse)).toThrow(TypeError)
})
