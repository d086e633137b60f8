// Which upstream of an address a path belongs to.
import { describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import { createFront, type Tenant } from '../../src/server/front.ts'
import type { Desk } from '../../src/server/desk.ts'
import { isExact } from '../../src/server/match.ts'
import { jsonAnswer } from '../../src/apis/api.ts'
import { wholeReply } from '../../src/replies/reply.ts'
import type { Observation } from '../../src/server/observe.ts'
import { cardOf, headOf, lay, statusOf, textOf } from './_desk.ts'

const { tally } = lay({})
const observation = (path: string, isGuarded?: true): Observation => ({
  method: 'GET',
  path,
  ...(isGuarded && { isGuarded }),
  pick: ({ path, query }) => {
    const reply = wholeReply(jsonAnswer(200, { told: path, query }), {})
    return { kind: 'card', reply, tally, counter: null, ledger: null, extra: null }
  },
})
const observed = [observation('/stats'), observation('/control', true)]

/** Each upstream is known by its model. */
function place(prefix: string, flags: GivenFlags = {}): Tenant {
  const model = prefix.slice(1).replaceAll('/', '-') || 'usual'
  return { prefix, desk: lay({ model, ...flags }, {}, prefix === '' ? observed : []).desk }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

function ask(front: Desk, request: string, headers: Record<string, string> = {}): Answer {
  const [method, target] = request.split(' ')
  const head = headOf(method!, target!, { 'content-length': '2', ...headers })
  const card = cardOf(front.match(method!, head.path)(head))
  return { status: card.reply.status, text: textOf(card), headers: card.reply.headers }
}

/** Whose answer it is: the model in it. */
const modelIn = ({ text }: Answer): string | undefined => /"model":"([^"]+)"/.exec(text)?.[1]

const all = createFront([place('/fast'), place('/slow'), place('/eu/west')], observed)
const mixed = createFront([place(''), place('/slow')], observed)

describe('all have prefixes', () => {
  test.each([
    ['POST /fast/v1/chat/completions', 'fast'],
    ['POST /slow/v1/chat/completions', 'slow'],
    ['POST /slow/chat/completions', 'slow'],
    ['POST /slow/v1/messages', 'slow'],
    ['POST /slow/some/gateway/v1/chat/completions', 'slow'],
    ['POST /eu/west/v1/chat/completions', 'eu-west'],
    ['POST /slow/v1/chat/completions?api-version=1', 'slow'],
  ])('%s → %s', (request, model) => {
    const answer = ask(all, request)
    expect([answer.status, modelIn(answer)]).toEqual([200, model])
  })

  test.each(['GET /slow', 'GET /slow/'])('%s says what is there, with its prefix', (request) => {
    const { status, text } = ask(all, request)
    expect([status, JSON.parse(text)]).toMatchObject([200, { models: ['slow'] }])
  })

  test.each([
    'POST /slowly/v1/chat/completions',
    'POST /Slow/v1/chat/completions',
    'POST //slow/v1/chat/completions',
    'POST /v1/chat/completions',
    'POST /eu/v1/chat/completions',
    'POST /eu/westend/v1/chat/completions',
    'POST /x/slow/v1/chat/completions',
    'GET /nowhere',
    'OPTIONS /nowhere',
  ])('%s is nobody: 404 that names them', (request) => {
    const { status, text } = ask(all, request)
    const [method, path] = request.split(' ')
    expect(status).toBe(404)
    expect(JSON.parse(text).error.message).toBe(
      `Invalid URL (${method} ${path}): the upstreams here are at /fast, /slow or /eu/west`,
    )
  })

  test('the 404 has the form of the provider whose path it would be', () => {
    expect(JSON.parse(ask(all, 'POST /other/v1/messages').text)).toMatchObject({ type: 'error' })
    expect(Object.keys(JSON.parse(ask(all, 'POST /other/api/chat').text))).toEqual(['error'])
  })

  test('HEAD is GET, a preflight is answered, and another method is told which it takes', () => {
    expect(ask(all, 'HEAD /slow/v1/models').status).toBe(200)
    expect(ask(all, 'GET /slow/v1/chat/completions')).toMatchObject({
      status: 405,
      headers: { Allow: 'POST' },
    })
    expect(ask(all, 'POST /slow/v1/modells').text).not.toContain('upstreams here')
    expect(
      ask(createFront([place('/a', { cors: 'true' })], []), 'OPTIONS /a/v1/chat/completions').status,
    ).toBe(204)
  })

  test('numbers, health and what it is are there without a prefix', () => {
    expect(JSON.parse(ask(all, 'GET /stats?x=1').text)).toEqual({ told: '/stats', query: 'x=1' })
    expect(ask(all, 'HEAD /stats').status).toBe(200)
    for (const path of ['/health', '/healthz', '/readyz', '/', '/slow/health', '/slow/readyz'])
      expect([path, ask(all, `GET ${path}`).status]).toEqual([path, 200])
    expect(ask(all, 'GET /slow/stats').status).toBe(404)
  })
})

describe('one has none', () => {
  test.each([
    ['POST /slow/v1/chat/completions', 'slow'],
    ['POST /v1/chat/completions', 'usual'],
    ['GET /v1/models', undefined],
  ])('%s → %s', (request, model) => {
    const answer = ask(mixed, request)
    expect([answer.status, modelIn(answer)]).toEqual([200, model])
  })

  test('the numbers are told by it', () => expect(ask(mixed, 'GET /stats').status).toBe(200))

  test('it is served alone as if there were no front', () => {
    const one = place('')
    expect(createFront([one], observed)).toBe(one.desk)
  })
})

test('rows are what is matched: whoever registers them answers the same', () => {
  for (const { method, path, value } of all.rows.filter(({ path }) => isExact(path))) {
    const head = headOf(method, path, { 'content-length': '2' })
    const [row, matched] = [value.pick(head), all.match(method, path)(head)]
    expect([path, statusOf(row), textOf(cardOf(row))]).toEqual([
      path,
      statusOf(matched),
      textOf(cardOf(matched)),
    ])
  }
  expect(all.rows.map(({ path }) => path)).toContain('/slow') // and not '/slow/', which engines match
})

test('a head that cannot be made out is refused by the upstream whose path it is', () => {
  const bodyOf = (path: string): string => textOf(all.refuse(400, 'why', path))
  expect(JSON.parse(bodyOf('/slow/v1/messages'))).toMatchObject({ type: 'error' })
  expect(JSON.parse(bodyOf('/nowhere'))).toMatchObject({ error: { message: 'why' } })
  expect(all.fail(new Error('x')).reply.status).toBe(500)
})
