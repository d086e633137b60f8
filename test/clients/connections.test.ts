// What clients make of compressed replies and of broken connections: the OpenAI SDK, and Node and curl where they are on the PATH.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import OpenAI from 'openai'
import type { Report } from '../../src/stats/report.ts'
import { engines, isFast, runToEnd, temporaryFolder } from '../_helpers.ts'
import { text, useServer } from './_servers.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

function find(name: string): string | null {
  const path = Bun.which(name)
  if (path === null && !isFast) console.log(`skipped: ${name} is not on the PATH`)
  return path
}
const curl = find('curl')
const node = find('node')

function clientOf(url: string, pattern: string): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'mock',
    maxRetries: 0,
    defaultHeaders: { 'X-Test-Pattern': pattern },
  })
}

/** What the SDK has read, and the class and code of the error that ended it. */
async function read(client: OpenAI): Promise<[said: string, error?: string]> {
  let said = ''
  try {
    const stream = await client.chat.completions.create({ model: 'any', messages: [], stream: true })
    for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? ''
    return [said]
  } catch (thrown) {
    const { cause, code } = thrown as Error & { readonly code?: string }
    return [said, (cause as { code?: string } | undefined)?.code ?? code ?? String(thrown)]
  }
}

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, honor: 'fault' })

  test.each(['gzip', 'br', 'gzip!', 'br!', 'gzip+split:3', 'br+unicode+split:7', 'gzip+crlf+merge:4'])(
    'the OpenAI SDK reads %s as the same text',
    async (pattern) => {
      const [plain] = await read(clientOf(server.url, pattern.includes('unicode') ? 'unicode' : 'ok'))
      expect(await read(clientOf(server.url, pattern))).toEqual([plain])
      const whole = await clientOf(
        server.url,
        pattern.replace(/\+(crlf|merge:\d)/g, ''),
      ).chat.completions.create({
        model: 'any',
        messages: [],
      })
      expect(whole.choices[0]!.message.content).toBe(plain)
    },
  )
})

describe.skipIf(isFast)('engine socket', () => {
  const server = useServer({ engine: 'socket', honor: 'fault', chunkDelayMs: '5' })

  test.each([
    ['bad-chunk:2', 'InvalidHTTPResponse'],
    ['no-terminator+end:9', 'ECONNRESET'],
    ['cut-head', 'ECONNRESET'],
    ['reset-after:0', 'ECONNRESET'],
    ['reset-after:32', 'ECONNRESET'],
  ])('the OpenAI SDK on Bun: %s', async (pattern, code) => {
    const [said, error] = await read(clientOf(server.url, pattern))
    expect(text).toStartWith(said)
    expect(error).toBe(code)
  })

  test.each(['wrong-length', 'no-terminator'])('fetch on Bun: %s', async (pattern) => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'X-Test-Pattern': pattern },
      body: '{"stream":true}',
    })
    expect(await response.text().catch(({ code }: { readonly code: string }) => code)).toBe('ECONNRESET')
    // The SDK stops at [DONE], and notices only what has come by then.
    const [said, error] = await read(clientOf(server.url, pattern))
    expect(said).toBe(text)
    expect([undefined, 'ECONNRESET']).toContain(error)
  })

  test.each(['early-fin', 'slow-head:3000'])('the OpenAI SDK on Bun: %s is as usual', async (pattern) =>
    expect(await read(clientOf(server.url, pattern))).toEqual([text]),
  )

  test.each([
    ['reset-after:0', 3],
    ['reset-after:32', 1],
  ])('the OpenAI SDK on Bun: %s is asked for %d times', async (pattern, times) => {
    const client = clientOf(server.url, pattern).withOptions({ maxRetries: 2 })
    const dealt = async (): Promise<number> => {
      const { faults } = (await (await fetch(`${server.url}/stats`)).json()) as Report
      return faults.find((fault) => fault.pattern === pattern)?.dealt ?? 0
    }
    const before = await dealt()
    await read(client)
    expect((await dealt()) - before).toBe(times)
  })

  // What curl exits with: https://curl.se/docs/manpage.html#EXIT
  test.skipIf(curl === null).each([
    ['ok', 0],
    ['gzip', 0],
    ['bad-chunk:2', 56],
    ['wrong-length', 18],
    ['no-terminator', 18],
    ['early-fin', 0],
    ['slow-head:3000', 0],
    ['cut-head', null], // curl 7.88 takes it for an answer without a body
    ['reset-after:32', 56],
  ])('curl: %s', async (pattern, exit) => {
    const url = `${server.url}/v1/chat/completions`
    const args = ['-sS', '--compressed', '-H', `X-Test-Pattern: ${pattern}`, '-d', '{"stream":true}', url]
    const { code, stdout } = await runToEnd([curl!], args)
    if (exit !== null) expect(code).toBe(exit)
    if (exit === null) expect(stdout).toBe('')
    if (exit === 0) expect(stdout).toEndWith('data: [DONE]\n\n')
  })

  describe.skipIf(node === null)('Node', () => {
    /** Runs a program of two functions that each say in a line what came of a pattern, or of many requests. */
    const run = async (...args: string[]): Promise<string[]> => {
      const file = join(folder.path, 'client.mjs')
      await Bun.write(file, PROGRAM)
      const { stdout, stderr } = await runToEnd([node!, file], args)
      expect(stderr).toBe('')
      return stdout.trimEnd().split('\n')
    }

    test.each([
      ['bad-chunk:2', 'HPE_INVALID_CHUNK_SIZE', /^HPE_INVALID_CHUNK_SIZE$/],
      ['wrong-length', 'ECONNRESET', /^UND_ERR_/],
      ['no-terminator', 'ECONNRESET', /^UND_ERR_/],
      ['cut-head', 'ECONNRESET', /^UND_ERR_/],
      ['reset-after:32', 'ECONNRESET', /^(ECONNRESET|UND_ERR_SOCKET)$/],
      ['early-fin', 'whole', /^whole$/],
      ['slow-head:3000', 'whole', /^whole$/],
      ['gzip', 'whole', /^whole$/],
      ['gzip!', 'cut', /^whole$/], // node:http decompresses nothing
    ])('%s', async (pattern, http, fetched) => {
      const outcomes = await run(`${server.url}/v1/chat/completions`, pattern)
      expect(outcomes).toEqual([http, expect.stringMatching(fetched)])
    })

    // The next request leaves on a connection that has just ended: the race that every pool of connections can lose.
    describe('early-fin', () => {
      const ended = useServer({ engine: 'socket', fault: 'early-fin', chunkDelayMs: '0' })

      test('requests behind it on the connection fail', async () => {
        const [failed] = await run(`${ended.url}/v1/chat/completions`, 'ok', 'race')
        expect(failed).toMatch(/^[1-9]\d* failed:( ECONNRESET| EPIPE)+$/)
      })
    })

    describe('--close-after', () => {
      const closing = useServer({ engine: 'socket', closeAfter: '3', chunkDelayMs: '0' })
      const usual = useServer({ engine: 'socket', chunkDelayMs: '0' })

      test('requests behind the last on the connection fail', async () => {
        const [failed] = await run(`${closing.url}/v1/chat/completions`, 'ok', 'race')
        expect(failed).toMatch(/^[1-9]\d* failed:( ECONNRESET| EPIPE)+$/)
        expect(await run(`${usual.url}/v1/chat/completions`, 'ok', 'race')).toEqual(['0 failed:'])
      })
    })
  })
})

const PROGRAM = `
import http from 'node:http'
const [url, pattern, race] = process.argv.slice(2)
const headers = { 'x-test-pattern': pattern, 'content-type': 'application/json' }
const body = '{"stream":true}'
const verdict = (text) => (text.endsWith('data: [DONE]\\n\\n') ? 'whole' : 'cut')
const ask = (agent) => new Promise((resolve) => {
  const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
    let text = ''
    response.on('data', (bytes) => (text += bytes))
    response.on('end', () => resolve(verdict(text)))
    response.on('error', ({ code }) => resolve(code))
  })
  request.on('error', ({ code }) => resolve(code))
  request.end(body)
})
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
if (race) {
  const all = await Promise.all(Array.from({ length: 60 }, () => ask(agent)))
  const failed = all.filter((one) => one !== 'whole')
  console.log(failed.length + ' failed:', ...new Set(failed))
} else {
  console.log(await ask(agent))
  try {
    console.log(verdict(await (await fetch(url, { method: 'POST', headers, body })).text()))
  } catch ({ cause, code }) {
    console.log(cause?.code ?? code)
  }
}
agent.destroy()
`
