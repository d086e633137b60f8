// Gemini's candidates and the probabilities of their tokens, streamed and whole.
import { describe, expect, test } from 'bun:test'
import { answers, type Heard, ways } from './_wholecalls.ts'
import type { GivenFlags } from '../../src/config/config.ts'

const LOGPROB = -0.1

describe.each(ways.filter(({ name }) => name.startsWith('Gemini')).map((way) => [way.name, way] as const))(
  '%s',
  (_, way) => {
    const tools = ['a', 'b'].map((name) => ({ name, schema: {} }))
    const ask = (settings: object, flags: GivenFlags, limit?: number) => {
      const body = way.body({ tools, ...(limit && { limit }) })
      const generationConfig = { ...(body['generationConfig'] as object), ...settings }
      const { streamed, whole } = answers(way, { ...body, generationConfig }, { chunkCount: '5', ...flags })
      expect(whole).toEqual({ ...streamed, chunks: [] })
      return streamed
    }
    const withoutIds = (heard: Heard) => ({
      ...heard,
      calls: heard.calls.map(({ name, args }) => ({ name, args })),
    })

    test.each(['text', 'tools:2', 'reasoning', 'text+tools'])(
      '1 to 8 candidates of %s are alike',
      (content) => {
        const one = ask({}, { content })
        for (let candidateCount = 1; candidateCount <= 8; candidateCount++)
          for (const limit of [undefined, 2]) {
            const cut = limit === undefined ? one : ask({}, { content }, limit)
            const { heard, usage, chunks } = ask({ candidateCount }, { content }, limit)
            expect(heard.map(withoutIds)).toEqual(new Array(candidateCount).fill(withoutIds(cut.heard[0]!)))
            const ids = heard.flatMap(({ calls }) => calls.map(({ id }) => id))
            expect(new Set(ids).size).toBe(ids.length)
            expect(usage.output).toBe(cut.usage.output * candidateCount)
            expect(usage.thoughts).toBe(cut.usage.thoughts * candidateCount)
            expect(chunks).toEqual(cut.chunks)
          }
      },
    )

    test.each(['text', 'reasoning', 'text+tools'])('probabilities of the text of %s', (content) => {
      for (const limit of [undefined, 1, 4])
        for (const logprobs of [0, 1, 5, 20]) {
          const [heard] = ask({ responseLogprobs: true, logprobs }, { content }, limit).heard as [Heard]
          const { text, tokens, alternatives, average } = heard
          expect(tokens.join('')).toBe(text)
          expect(alternatives).toEqual(logprobs === 0 ? [] : tokens.map(() => logprobs))
          expect(average).toBe(text === '' ? null : LOGPROB)
        }
    })

    test('none are told of calls, nor where nobody asks', () => {
      for (const [settings, content] of [
        [{ responseLogprobs: true }, 'tools'],
        [{}, 'text'],
        [{ responseLogprobs: false, logprobs: 5 }, 'text'],
      ] as const) {
        const [heard] = ask(settings, { content }).heard as [Heard]
        expect(heard).toMatchObject({ tokens: [], alternatives: [], average: null })
      }
    })

    test('stamps are numbered as if they were not told twice', () => {
      const [heard] = ask({ responseLogprobs: true }, { stamp: 'true' }).heard as [Heard]
      expect(heard.tokens).toEqual(new Array(5).fill('\uFFFD'))
      expect(heard.text).toBe('00000000@0000000000000000 '.repeat(5))
    })

    test('one of several values, without quotes', () => {
      const responseSchema = { type: 'STRING', format: 'enum', enum: ['very small', 'large'] }
      const enumOf = (content: string, limit?: number) =>
        ask({ responseMimeType: 'text/x.enum', responseSchema }, { content }, limit).heard[0]!
      for (const content of ['text', 'reasoning'])
        expect(enumOf(content)).toMatchObject({ text: 'very small', finish: 'STOP' })
      expect('very small').toStartWith(enumOf('text', 1).text)
      expect(enumOf('text', 1).finish).toBe('MAX_TOKENS')
    })
  },
)
