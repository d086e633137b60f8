// Bodies of Gemini and Ollama that are JSON, but not as anybody expects: with `--reply auto` they are answered or refused, never a 500.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { engines, serveInProcess } from '../_helpers.ts'
import type { Running } from '../../src/server/server.ts'

const GEMINI = '/v1beta/models/m:generateContent'
const LONE = '\\ud800'
const paths = [GEMINI, '/v1beta/models/m:streamGenerateContent', '/api/chat', '/api/generate']

/** In the fields of both, as JSON. */
function bodyOf({ text = '"Hi"', name = '"a"', schema = '{}' }): string {
  return `{"prompt":${text},"messages":[{"role":"user","content":${text}}],"contents":[{"parts":[{"text":${text}}]}],
    "tools":[{"functionDeclarations":[{"name":${name},"parametersJsonSchema":${schema}}]},{"function":{"name":${name},"parameters":${schema}}}],
    "format":${schema},"generationConfig":{"responseJsonSchema":${schema}}}`
}

const nested = (levels: number): string => `${'{"items":'.repeat(levels)}{}${'}'.repeat(levels)}`

describe.each(engines)('engine %s', (engine) => {
  let running: Running
  beforeAll(() => {
    running = serveInProcess({ engine, reply: 'auto', chunkDelayMs: '0', chunkCount: '3', content: 'tools' })
  })
  afterAll(() => running.stop(0))

  async function post(path: string, body: string | Uint8Array): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${running.port}${path}`, { method: 'POST', body })
    return { status: response.status, text: await response.text() }
  }

  describe.each(paths)('%s', (path) => {
    test.each([
      ['a byte order mark', `\ufeff${bodyOf({})}`],
      ['half a surrogate pair in a text', bodyOf({ text: `"${LONE}"` })],
      ['half a surrogate pair in the name of a tool', bodyOf({ name: `"${LONE}"` })],
      ['half a surrogate pair in a schema', bodyOf({ schema: `{"required":["${LONE}"]}` })],
      [
        'fields that objects have anyway',
        bodyOf({ schema: '{"__proto__":{"type":7},"required":["__proto__","toString"]}' }),
      ],
      ['an enum of 50,000', bodyOf({ schema: `{"enum":[${'0,'.repeat(50_000)}{}]}` })],
      ['a schema of 300 levels', bodyOf({ schema: nested(300) })],
    ])('%s is answered', async (_, body) => {
      const { status, text } = await post(path, body)
      expect(status).toBe(200)
      for (const line of path.startsWith('/api') ? text.trimEnd().split('\n') : [text]) JSON.parse(line)
    })

    test.each([
      ['a schema of 600 levels', bodyOf({ schema: nested(600) })],
      [
        'a schema that cannot be',
        bodyOf({ schema: '{"type":"object","required":["x"],"additionalProperties":false}' }),
      ],
      ['a schema that is none', bodyOf({ schema: '[7]' })],
    ])('%s is refused', async (_, body) => {
      const { status, text } = await post(path, body)
      expect(status).toBe(400)
      expect(JSON.parse(text)).toEqual(
        path.startsWith('/api')
          ? { error: expect.any(String) }
          : { error: { code: 400, message: expect.any(String), status: 'INVALID_ARGUMENT' } },
      )
    })

    test('a text that is no UTF-8 is read as one that has gaps', async () => {
      const bytes = Buffer.from(bodyOf({ text: '"\x02"' }))
      for (const [at, byte] of bytes.entries()) if (byte === 0x02) bytes[at] = 0xff
      expect((await post(path, bytes)).status).toBe(200)
    })
  })

  test('names that nobody meant as snake case are left as they are', async () => {
    const schema = '{"properties":{"max_items":{"const":1}},"required":["max_items"]}'
    const { text } = await post(GEMINI, bodyOf({ schema }))
    expect(text).toContain('"max_items":1')
  })
})
