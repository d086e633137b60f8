// Gemini and Ollama say the same streamed and whole, whatever is asked for and wherever it is cut.
import { describe, expect, test } from 'bun:test'
import { answers, type Given, type Way, ways } from './_wholecalls.ts'
import { chunkTexts } from '../../src/apis/words.ts'

const schema = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 5 }, days: { type: 'array', minItems: 2 } },
  required: ['city', 'days'],
}
const tools = [
  { name: 'forecast', schema },
  { name: 'now', schema: {} },
]

const contents: Readonly<Record<string, { thinks?: true; talks?: true; calls: number }>> = {
  text: { talks: true, calls: 0 },
  tools: { calls: 1 },
  'tools:2': { calls: 2 },
  reasoning: { thinks: true, talks: true, calls: 0 },
  'text+tools': { talks: true, calls: 1 },
  'reasoning+tools': { thinks: true, calls: 1 },
}
const COUNTS = [0, 1, 2, 7]

/** The answers to a body, which are the same but for their chunks. */
function both(way: Way, given: Given & { readonly more?: object }, content: string, chunkCount: number) {
  const { more, ...asked } = given
  const flags = { content, chunkCount: String(chunkCount), cachedTokens: '100' }
  const { streamed, whole } = answers(way, { ...way.body(asked), ...more }, flags)
  expect(whole).toEqual({ ...streamed, chunks: [] })
  return streamed
}

describe.each(ways.map((way) => [way.name, way] as const))('%s', (name, way) => {
  const { reasons, hasTools } = way
  const isGemini = name.startsWith('Gemini')

  describe.each(Object.entries(contents))('content %s', (content, { thinks, talks, calls }) => {
    test.each(COUNTS)('%d chunks, cut after any number of them', (count) => {
      const all = both(way, { tools }, content, count)
      const [heard] = all.heard as [(typeof all.heard)[0]]
      const meant = hasTools ? calls : 0
      expect(heard.calls.map(({ name }) => name)).toEqual(tools.slice(0, meant).map(({ name }) => name))
      for (const { id } of heard.calls) expect(id).toMatch(/^call_(\d+_)?mock0{16}$/)
      if (meant > 0)
        expect(heard.calls[0]!.args).toEqual({
          city: expect.any(String),
          days: [expect.anything(), expect.anything()],
        })
      if (meant > 1) expect(heard.calls[1]!.args).toEqual({})
      expect(heard.finish).toBe(reasons.stop)
      const total = all.usage.output
      expect(all.chunks).toHaveLength(total)
      expect(all.usage).toMatchObject({ prompt: 1, output: total, cached: isGemini ? 1 : 0 })
      const words = (thinks ?? false) || (talks ?? false) || !hasTools
      if (meant === 0) expect(total).toBe(count)
      else expect(total).toBeGreaterThan(words ? count : 0)
      expect(heard.thoughts + heard.text).toBe(words ? textOf(count) : '')
      if (thinks && count > 0) expect(heard.thoughts).not.toBe('')
      expect(all.usage.thoughts > 0).toBe(isGemini && heard.thoughts !== '')

      for (let limit = 1; limit <= total + 1; limit++) {
        const cut = both(way, { tools, limit }, content, count)
        const [said] = cut.heard as [typeof heard]
        const isCut = limit < total
        expect(cut.usage.output).toBe(Math.min(limit, total))
        expect(cut.chunks).toEqual(all.chunks.slice(0, limit))
        expect(said.finish).toBe(isCut ? reasons.length : reasons.stop)
        expect(said.thoughts + said.text).toBe(cut.chunks.join(''))
        // Calls are whole or not there, and the last one is not there.
        expect(said.calls).toEqual(heard.calls.slice(0, said.calls.length))
        if (isCut && meant > 0) expect(said.calls.length).toBeLessThan(meant)
        if (!isCut) expect(said).toEqual(heard)
      }
    })

    test('an instance of a schema, and what is left of it when it is cut', () => {
      const all = both(way, { schema }, content, 3)
      const { text, thoughts } = all.heard[0]!
      expect(JSON.parse(text)).toEqual({
        city: expect.stringMatching(/^.{5,}$/),
        days: [expect.anything(), expect.anything()],
      })
      expect(thoughts !== '').toBe(thinks === true && (talks === true || content === 'reasoning+tools'))
      for (let limit = 1; limit <= all.usage.output; limit++) {
        const cut = both(way, { schema, limit }, content, 3)
        const said = cut.heard[0]!
        expect(thoughts + text).toStartWith(said.thoughts + said.text)
        expect(said.text).toBe(cut.chunks.join('').slice(said.thoughts.length))
        expect(said.finish).toBe(limit < all.usage.output ? reasons.length : reasons.stop)
      }
    })
  })

  test.each([
    [[' world'], 'Hello'],
    [['xyz'], textOf(7)],
    [[',', 'Hello'], ''],
    [['d, th'], 'Hello worl'],
  ])('it ends before one of %j', (stop, text) => {
    const { heard, usage, chunks } = both(way, { stop }, 'text', 7)
    expect(heard[0]).toMatchObject({ text, finish: reasons.stop })
    expect(chunks.join('')).toBe(text)
    expect(usage.output).toBe(chunks.length)
  })

  test('prompts of all lengths share what is said, but not what is told of them', () => {
    for (const length of [1, 5, 4000]) {
      const prompt = 'x'.repeat(length)
      const more = {
        prompt,
        messages: [{ role: 'user', content: prompt }],
        contents: [{ parts: [{ text: prompt }] }],
      }
      expect(both(way, { more }, 'text', 2).usage.prompt).toBe(Math.ceil(length / 4))
    }
  })
})

function textOf(count: number): string {
  return chunkTexts({ chunkBytes: 0, stamp: false }, 'words').slice(0, count).join('')
}
