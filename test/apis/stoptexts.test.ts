// A text that ends before a stop ends the reply: nothing is called behind it, whatever the format.
import { describe, expect, test } from 'bun:test'
import { body } from '../replies/_replies.ts'
import { formats, prepare, read } from './_readers.ts'
import type { ProviderName } from '../../src/apis/ask.ts'

const calling = formats.filter(({ calls }) => calls !== null).map((format) => [format.name, format] as const)

/** Where to end before a text is a reason of its own. */
const sequences: Partial<Record<ProviderName, string>> = {
  anthropic: 'stop_sequence',
  bedrock: 'stop_sequence',
  cohere: 'STOP_SEQUENCE',
}

describe.each(calling)('%s', (_, format) => {
  test.each(['text+tools', 'text+tools:3'])('%s', (content) => {
    for (const stream of [true, false]) {
      const flags = { content, chunkCount: '20' }
      const reply = prepare(format, { flags, ask: { stream, stop: [' this'] } })
      expect(body(reply)).not.toMatch(/get_weather|"tool_calls":(?!null|\[\])/)
      const [said] = read(format, reply).choices
      const finish = sequences[format.provider] ?? format.reasons.text
      expect(said).toEqual({ text: 'Hello world,', reasoning: '', call: null, finish })
    }
  })
})
