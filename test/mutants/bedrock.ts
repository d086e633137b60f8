// Deliberate faults in what is there for AWS Bedrock.
import type { Mutant } from './mutant.ts'

const FRAMING = ['test/replies/eventstream.test.ts']
const READING = ['test/apis/reading/bedrock.test.ts']

export const bedrockReplies: readonly Mutant[] = [
  {
    file: 'src/replies/crc.ts',
    from: 'let crc = ~before',
    to: 'let crc = ~0',
    tests: FRAMING,
    why: 'a checksum forgets what came before',
  },
  {
    file: 'src/replies/eventstream.ts',
    from: 'crc32(bytes, 0, checksumAt)',
    to: 'crc32(bytes, PRELUDE_BYTES, checksumAt)',
    tests: FRAMING,
    why: 'the prelude is not summed up',
  },
  {
    file: 'src/replies/eventstream.ts',
    from: 'to: checksumAt }',
    to: 'to: payloadAt }',
    tests: FRAMING,
    why: 'what is filled in is not summed up',
  },
  {
    file: 'src/replies/eventstream.ts',
    from: 'at: place.at + payloadAt',
    to: 'at: place.at',
    tests: FRAMING,
    why: 'what is filled in lands in the headers',
  },
  {
    file: 'src/replies/eventstream.ts',
    from: 'EXCEPTION.test(event)',
    to: 'false',
    tests: FRAMING,
    why: 'an exception is an event like others',
  },
  {
    file: 'src/replies/eventstream.ts',
    from: 'bytes.byteLength - CHECKSUM_BYTES)',
    to: 'bytes.byteLength)',
    tests: FRAMING,
    why: 'a checksum is taken for data',
  },
  {
    file: 'src/replies/events.ts',
    from: 'framings[framing].rewrite',
    to: 'rewriteJson',
    tests: FRAMING,
    why: 'a spoilt chunk keeps the lengths and checksums that it had',
  },
]

export const bedrockApis: readonly Mutant[] = [
  {
    file: 'src/apis/bedrock.ts',
    from: 'inputTokens: promptTokens - cached',
    to: 'inputTokens: promptTokens',
    tests: ['test/apis/bedrock.test.ts'],
    why: 'cached tokens count twice',
  },
  {
    file: 'src/apis/bedrock.ts',
    from: 'if (said.isCut && end > said.upTo) return []',
    to: '',
    tests: ['test/apis/bedrock.test.ts'],
    why: 'a call is parsed that is cut',
  },
  {
    file: 'src/apis/bedrock.ts',
    from: "if (kind !== 'arguments') return []",
    to: '',
    tests: ['test/apis/usage.test.ts', 'test/clients/bedrock.test.ts'],
    why: 'a text starts like a tool',
  },
  {
    file: 'src/apis/bedrockinvoke.ts',
    from: 'ask.stream ? withoutMarks(setup) : setup',
    to: 'setup',
    tests: ['test/server/eventstream.test.ts'],
    why: 'marks are hidden in base64',
  },
  {
    file: 'src/apis/bedrockinvoke.ts',
    from: "event.part === 'done' ? ",
    to: 'false ? ',
    tests: ['test/clients/bedrock.test.ts'],
    why: 'nobody tells what was counted',
  },
  {
    file: 'src/apis/bedrockservice.ts',
    from: 'Math.max(1, Math.round(',
    to: 'Math.max(0, Math.round(',
    tests: ['test/apis/bedrock.test.ts'],
    why: 'a reply takes no time',
  },
  {
    file: 'src/apis/bedrockservice.ts',
    from: "modelId.startsWith('arn:')",
    to: 'false',
    tests: ['test/apis/bedrock.test.ts'],
    why: 'an ARN is put into another',
  },
  {
    file: 'src/apis/routes/bedrock.ts',
    from: '...readInvocation(setup, body, head), ...picked',
    to: '...readInvocation(setup, body, head)',
    tests: ['test/server/bedrock.test.ts', 'test/clients/bedrock.test.ts'],
    why: 'a body says whether to stream, and not its path',
  },
  {
    file: 'src/apis/reading/bedrock.ts',
    from: '(.+)\\/[\\w-]+$/s',
    to: '([^/]+)\\/[\\w-]+$/s',
    tests: READING,
    why: 'a model has no slash',
  },
  {
    file: 'src/apis/reading/bedrock.ts',
    from: "if (isObject(choice['any'])) return { mode: 'required' }",
    to: "if (isObject(choice['any'])) return { mode: 'auto' }",
    tests: READING,
    why: 'a call that is asked for is not made',
  },
  {
    file: 'src/apis/reading/bedrock.ts',
    from: "type: 'tool_result', content",
    to: "type: 'text', content",
    tests: READING,
    why: 'a loop of tools never ends',
  },
  {
    file: 'src/apis/reading/bedrock.ts',
    from: "MEDIA.some((kind) => kind in block) ? { type: 'image' } : block",
    to: 'block',
    tests: READING,
    why: 'a picture counts as what its base64 is long',
  },
  {
    file: 'src/apis/reading/bedrock.ts',
    from: 'refuseJson(Buffer.from(schema)) !== undefined',
    to: 'false',
    tests: READING,
    why: 'a schema may be nested however deep',
  },
]

export const bedrockServer: readonly Mutant[] = [
  {
    file: 'src/server/patch.ts',
    from: 'from === 0 ? 0 : this.#checksum',
    to: '0',
    tests: FRAMING,
    why: 'of a message in pieces only the last is summed up',
  },
  {
    file: 'src/server/patch.ts',
    from: 'this.#checksum >>> (24 - 8 * i)',
    to: 'this.#checksum >>> (8 * i)',
    tests: FRAMING,
    why: 'a checksum is written from its end',
  },
  {
    file: 'src/server/patch.ts',
    from: 'at + i - from',
    to: 'at + i',
    tests: FRAMING,
    why: 'the rest of a checksum is written behind its place',
  },
  {
    file: 'src/server/asks.ts',
    from: 'ask[name as keyof Ask] === value',
    to: 'name in ask',
    tests: ['test/server/bedrock.test.ts'],
    why: 'what a path decides makes no difference',
  },
  {
    file: 'src/server/keys.ts',
    from: '([^/,]+)/.exec(authorization)',
    to: '([^,]+)/.exec(authorization)',
    tests: ['test/server/keys.test.ts'],
    why: 'a key is all that a signature names',
  },
]
