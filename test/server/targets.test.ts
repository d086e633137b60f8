// What a request asks for, however its target is written: the same on both engines.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { engines, rawClient, serveInProcess } from '../_helpers.ts'

const SERVICE = 'mock-llm-api'
const LIST = 'list'
/** The model that is asked for, and not there. */
const model = (id: string): string => `The model '${id}' does not exist`
/** The path that nothing is served at. */
const nothing = (path: string, meant?: string): string =>
  `Invalid URL (GET ${path})${meant === undefined ? '' : `: did you mean ${meant}?`}`
const REFUSED = 'refused'

// Bytes from 0x80 on are written as Latin-1 here, and go over the wire as they are.
const rows: readonly (readonly [string, string])[] = [
  ['/v1/models', LIST],
  ['/v1/models/mock%2Dmodel', 'mock-model'],
  ['/v1/%6Dodels', LIST],
  ['/V1/MODELS', nothing('/V1/MODELS', '/v1/models')],
  ['/', SERVICE],
  ['/?', SERVICE],
  // dots
  ['/v1/./models', LIST],
  ['/v1/x/../models', LIST],
  ['/v1/x/%2e%2e/models', LIST],
  ['/v1/x/.%2E/models', LIST],
  ['/%2e%2e/v1/models', LIST],
  ['/../../v1/models', LIST],
  ['/v1/models/.', nothing('/v1/models/', '/v1/models')],
  ['/v1/models/%2e', nothing('/v1/models/', '/v1/models')],
  ['/v1/models/..', nothing('/v1/')],
  ['/v1/models/x/..', nothing('/v1/models/', '/v1/models')],
  ['/v1/models/...', model('...')],
  // slashes
  ['/v1/models/', nothing('/v1/models/', '/v1/models')],
  ['/v1//models', nothing('/v1//models', '/v1/models')],
  ['//v1/models', nothing('//v1/models', '/v1/models')],
  ['//other/v1/models', nothing('//other/v1/models', '/other/v1/models')],
  ['/v1/models/a/', model('a/')],
  ['/v1/models/a//b', model('a//b')],
  ['/v1\\models', LIST],
  ['/v1/models/a\\b', model('a/b')],
  ['/v1/models/%5C', model('\\')],
  ['/v1/models/a%2Fb', model('a/b')],
  ['/v1/models;x', nothing('/v1/models;x', '/v1/models')],
  // what comes behind the path
  ['/v1/models?x=%2e', LIST],
  ['/v1/models#fragment', LIST],
  ['/v1/models/a?b?c', model('a')],
  ['/v1/models/a%3Fb', model('a?b')],
  ['/v1/models/a%23b', model('a#b')],
  // encoding
  ['/v1/models/a%20b', model('a b')],
  ['/v1/models/a+b', model('a+b')],
  ['/v1/models/a%252Fb', model('a%2Fb')],
  ['/v1/models/%C3%BC', model('ü')],
  ['/v1/models/\xc3\xbc', model('ü')],
  ['/v1/models/\xff', model('\ufffd')],
  ['/v1/models/%ff', model('%ff')],
  ['/v1/models/%zz', model('%zz')],
  ['/v1/models/%', model('%')],
  ['/v1/models/%4', model('%4')],
  ['/v1/models/a%00b', model('a\0b')],
  ['/v1/models/"<>`{}|^', model('"<>`{}|^')],
  ['/v1/models/a@b:c', model('a@b:c')],
  // whole URLs
  ['http://other.example/v1/models', LIST],
  ['HTTP://OTHER.EXAMPLE/v1/models', LIST],
  ['https://other.example/v1/models', LIST],
  ['http://user:word@other.example:99/v1/models', LIST],
  ['http://[::1]/v1/x/../models?a', LIST],
  ['http://other.example', SERVICE],
  ['http://other.example?x', SERVICE],
  // what is none
  ['ftp://other.example/v1/models', REFUSED],
  ['v1/models', REFUSED],
  ['?x', REFUSED],
  ['', REFUSED],
  ['*', REFUSED],
]

describe.each(engines)('engine %s', (engine) => {
  let server: Running
  beforeAll(() => {
    server = serveInProcess({ engine })
  })
  afterAll(() => server.stop(0))

  test.each(rows)('%j', async (target, expected) => {
    const client = await rawClient(server.port)
    client.send(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`, 'latin1'))
    const { status, body } = await client.response()
    client.socket.destroy()
    if (expected === REFUSED) return expect(status).toBe(400)
    const { error, id, service } = JSON.parse(Buffer.from(body, 'latin1').toString())
    expect(status).toBe(error === undefined ? 200 : 404)
    expect(error?.message ?? id ?? service ?? LIST).toBe(expected)
  })
})
