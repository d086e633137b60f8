// What paths and bodies for AWS Bedrock decide, and how they are refused.
import { below } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { attempt, type Body, decided, headOf, says, setupOf, table, type, usual, value } from './_bedrock.ts'
import { lastUserText } from '../../../src/apis/reading/conversation.ts'
import { converseTurns, readConverse, readInvocation } from '../../../src/apis/reading/bedrock.ts'

const user = (...content: Body[]): Body => ({ role: 'user', content })
const asked = (...content: Body[]): Body => ({ messages: [user(...content)] })

describe('the model is what stands between /model/ and the verb', () => {
  const long = 'a'.repeat(256)
  test.each([
    ['/model/m/converse', 'm'],
    [
      '/model/anthropic.claude-3-5-sonnet-20241022-v2:0/converse-stream',
      'anthropic.claude-3-5-sonnet-20241022-v2:0',
    ],
    [
      '/model/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0/converse',
      'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0',
    ],
    ['/aws/bedrock/model/m/invoke', 'm'],
    ['/model/a/converse/converse', 'a/converse'],
    ['/model/ ü%\n"\\/invoke-with-response-stream', ' ü%\n"\\'],
    ['/model/🙂/invoke', '🙂'],
    [`/model/${long}/converse`, long],
  ])('%j: %j', (path, model) => {
    expect(readConverse(setupOf(), {}, headOf(path)).model).toBe(model)
    expect(readInvocation(setupOf(), { model: 'other' }, headOf(path)).model).toBe(model)
  })

  test('unless it is longer than anybody’s', () =>
    expect(attempt(() => readConverse(setupOf(), {}, headOf(`/model/${long}a/converse`)))).toBe(
      "model: Invalid value for 'model': expected 1 to 256 characters.",
    ))
})

describe('limits and stops', () => {
  const rows: readonly (readonly [Body, Body | string])[] = [
    [{}, {}],
    [{ maxTokens: 3 }, { limit: 3 }],
    [{ maxTokens: null }, {}],
    [{ maxTokens: 0 }, below('maxTokens', 1)],
    [{ maxTokens: 1.5 }, type('maxTokens', 'an integer')],
    [{ maxTokens: '3' }, type('maxTokens', 'an integer')],
    [{ stopSequences: ['a', ''] }, { stop: ['a'] }],
    [{ stopSequences: [1] }, 'stopSequences: Invalid type'],
    [{ stopSequences: new Array(65).fill('a') }, 'stopSequences: Invalid type'],
    [{ temperature: 'hot', topP: 2, topK: 1 }, {}],
  ]
  table(rows.map(([inferenceConfig, expected]) => [{ inferenceConfig }, expected]))
  table([
    [{ inferenceConfig: [] }, type('inferenceConfig', 'an object')],
    [{ additionalModelRequestFields: 7 }, type('additionalModelRequestFields', 'an object')],
    [{ guardrailConfig: 7, promptVariables: 'x', requestMetadata: [], performanceConfig: {} }, {}],
  ])
})

describe('messages are checked and counted', () => {
  const picture = { image: { format: 'png', source: { bytes: 'A'.repeat(9000) } } }
  const called = { toolUse: { toolUseId: 'x'.repeat(400), name: 'abcd', input: { a: 'efgh' } } }
  const result = (...content: Body[]): Body => ({ toolResult: { toolUseId: 'x'.repeat(400), content } })
  const thought = { reasoningContent: { reasoningText: { text: 'abcd', signature: 'x'.repeat(400) } } }
  table([
    [asked({ text: 'abcdefgh' }), { promptTokens: 2 }],
    [{ ...asked({ text: 'abcd' }), system: [{ text: 'abcdefgh' }] }, { promptTokens: 3 }],
    [asked({ text: 'a' }, picture), { promptTokens: 257 }],
    ...['document', 'video', 'audio'].map(
      (kind) => [asked({ [kind]: picture.image }), { promptTokens: 256 }] as const,
    ),
    [{ messages: [{ role: 'assistant', content: [called] }] }, { promptTokens: 2 }],
    [asked(result({ text: 'abcd' }, { json: { a: 'efgh' } })), { promptTokens: 2 }],
    [asked(result(picture)), { promptTokens: 256 }],
    [{ messages: [{ role: 'assistant', content: [thought] }] }, { promptTokens: 1 }],
    [asked({ reasoningContent: { redactedContent: 'x'.repeat(400) } }), { promptTokens: 1 }],
    [asked({ cachePoint: { type: 'default' } }), {}],
    [asked({ text: null, guardContent: { text: { text: 'abcdefgh' } } }), { promptTokens: 2 }],
    [{ messages: null, system: null }, {}],
    [{ messages: [{ role: 'user' }, { content: [{ text: 'a' }] }] }, {}],
    [{ messages: 'Hi' }, type('messages', 'an array of objects')],
    [{ messages: ['Hi'] }, type('messages[0]', 'an object')],
    [{ messages: [{ role: 'system', content: [] }] }, value('messages[0].role', 'user or assistant')],
    [
      { messages: [user(), { role: 'user', content: 'Hi' }] },
      type('messages[1].content', 'an array of objects'),
    ],
    [{ messages: [{ role: 'user', content: ['Hi'] }] }, type('messages[0].content[0]', 'an object')],
    [asked({ text: 7 }), type('messages[0].content[0].text', 'a string')],
    [{ system: 'Be kind' }, type('system', 'an array of objects')],
    [{ system: [{ text: {} }] }, type('system[0].text', 'a string')],
    [
      asked({ toolResult: { content: [{ text: [] }] } }),
      type('messages[0].content[0].toolResult.content[0].text', 'a string'),
    ],
    [asked({ reasoningContent: { reasoningText: 'x' } }), type('reasoningText', 'an object')],
  ])
})

test('what was said: the user’s turns, and the results of tools with what stands beside them', () => {
  const toolResult = { toolUseId: 'x', content: [{ text: 'cold' }] }
  const turns = converseTurns({
    messages: [
      user({ text: 'What ' }, { text: 'now?' }),
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'x', name: 'a', input: {} } }] },
      user({ toolResult }),
    ],
  })
  expect(turns.map(({ by }) => by)).toEqual(['user', 'other', 'result'])
  expect(lastUserText(turns)).toBe('What now?')
  expect(lastUserText(converseTurns(asked({ toolResult }, { text: 'Go on' })))).toBe('Go on')
})

describe('tools', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const spec = (name: string, json: unknown = schema): Body => ({ toolSpec: { name, inputSchema: { json } } })
  const offer = (toolChoice: unknown, ...tools: Body[]): Body => ({ toolConfig: { tools, toolChoice } })
  const names = (body: Body, flags = {}): unknown => {
    const said = decided(body, flags)
    if (typeof said === 'string') return said
    const { content, calls = [] } = said as {
      content: Body
      calls?: { name: string; input: { text: string } }[]
    }
    return [content['calls'], ...calls.map(({ name, input }) => `${name} ${input.text}`)]
  }
  const CITY = '{"city":"text"}'
  const result = { toolResult: { toolUseId: 'x', content: [] } }
  const answered = { messages: [user({ text: 'Hi' }), { role: 'assistant', content: [] }, user(result)] }

  test.each<[string, Body, object, unknown]>([
    ['auto calls none', offer({ auto: {} }, spec('a')), {}, [0]],
    [
      'nothing said, the configuration calls',
      offer(undefined, spec('a')),
      { content: 'tools' },
      [1, `a ${CITY}`],
    ],
    ['any', offer({ any: {} }, spec('a'), spec('b')), {}, [1, `a ${CITY}`]],
    [
      'several',
      offer({ any: {} }, spec('a'), spec('b')),
      { content: 'tools:2' },
      [2, `a ${CITY}`, `b ${CITY}`],
    ],
    ['one by name', offer({ tool: { name: 'b' } }, spec('a'), spec('b')), {}, [1, `b ${CITY}`]],
    ['what has no schema takes any object', offer({ any: {} }, { toolSpec: { name: 'a' } }), {}, [1, 'a {}']],
    [
      'a place in the cache is no tool',
      offer({ any: {} }, { cachePoint: { type: 'default' } }, spec('b')),
      {},
      [1, `b ${CITY}`],
    ],
    ['none offered', { toolConfig: {} }, { content: 'tools' }, [0]],
    ['after a result', { ...offer(undefined, spec('a')), ...answered }, { content: 'tools' }, [0]],
    [
      'another round',
      { ...offer(undefined, spec('a'), spec('b')), ...answered },
      { content: 'tools', toolRounds: '2' },
      [1, `b ${CITY}`],
    ],
    [
      'a name that is not offered',
      offer({ tool: { name: 'c' } }, spec('a')),
      {},
      "toolConfig.toolChoice: Invalid value for 'toolConfig.toolChoice': no tool named 'c' is offered.",
    ],
    [
      'an empty choice',
      offer({}, spec('a')),
      {},
      value('toolConfig.toolChoice', 'auto, any, or a tool with its name.'),
    ],
    [
      'a choice without a name',
      offer({ tool: {} }, spec('a')),
      {},
      value('toolConfig.toolChoice', 'auto, any, or a tool with its name.'),
    ],
    ['a choice that is a text', offer('any', spec('a')), {}, type('toolChoice', 'an object.')],
    ['a specification that is a text', offer(null, { toolSpec: 'a' }), {}, type('toolSpec', 'an object.')],
    ['tools that are an object', { toolConfig: { tools: {} } }, {}, type('tools', 'an array of objects.')],
  ])('%s', (_, body, flags, expected) => expect(names(body, flags)).toEqual(expected))

  test('a schema that nothing satisfies is refused with the place', () => {
    const never = { type: 'object', properties: { a: { enum: [] } }, required: ['a'] }
    expect(decided(offer({ any: {} }, spec('a'), spec('b', never)), { content: 'tools:2' })).toStartWith(
      "toolConfig.tools[1].toolSpec.inputSchema: Invalid schema for 'toolConfig.tools[1].toolSpec.inputSchema': ",
    )
  })
})

describe('structured output', () => {
  const format = (schema: unknown, format = 'json_schema'): Body => ({
    outputConfig: { textFormat: { type: format, structure: { jsonSchema: { schema, name: 'x' } } } },
  })
  const path = 'outputConfig.textFormat.structure.jsonSchema.schema'
  const anthropic = (format: unknown): Body => ({
    additionalModelRequestFields: { output_config: { format, effort: 'low' } },
  })
  table([
    [format('{"type":"integer","minimum":3}'), says('3')],
    [anthropic({ type: 'json_schema', schema: { type: 'boolean' } }), says('false')],
    [{ outputConfig: { effort: 'low' } }, {}],
    [format('{'), value(path, 'JSON')],
    [format('['.repeat(600)), value(path, 'a smaller schema')],
    [format('{"enum":[]}'), `${path}: Invalid schema for '${path}': `],
    [format({ type: 'integer' }), type(path, 'a string of JSON')],
    [format('{}', 'text'), value('outputConfig.textFormat.type', 'json_schema')],
    [{ outputConfig: { textFormat: { type: 'json_schema' } } }, type(path, 'a string of JSON')],
    [{ outputConfig: 7 }, type('outputConfig', 'an object')],
    [anthropic({ type: 'xml' }), 'output_config.format.type: '],
    [anthropic({ type: 'json_schema', schema: { enum: [] } }), 'output_config.format.schema: '],
  ])
})

describe('thoughts are left out where they are not wanted', () => {
  const content = { reasoning: true, text: true, calls: 0 }
  const none = { content: { ...content, reasoning: false } }
  const fields = (additionalModelRequestFields: Body): Body => ({ additionalModelRequestFields })
  table(
    [
      [{}, { content }],
      [fields({ thinking: { type: 'enabled', budget_tokens: 1024 } }), { content }],
      [fields({ thinking: { type: 'disabled' } }), none],
      [fields({ reasoning_config: { type: 'disabled' } }), none],
      [fields({ reasoningConfig: { type: 'disabled' } }), none],
      [fields({ thinking: 'no' }), type('thinking', 'an object')],
    ],
    { content: 'reasoning' },
  )
})

describe('a model that is invoked reads what Anthropic’s read', () => {
  const read = (body: Body) => attempt(() => readInvocation(setupOf(), body, headOf('/model/m/invoke')))
  test('limits, and no model and no stream of its own', () =>
    expect(
      read({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, stream: true, messages: [] }),
    ).toEqual({
      ...usual,
      model: 'm',
      stream: true, // the path decides, see the routes
      limit: 5,
      isExact: false,
    }))

  test.each<[Body, string]>([
    [{ max_tokens: '5' }, 'max_tokens: max_tokens: Input should be a valid integer'],
    [{ messages: 'Hi' }, 'messages: messages: Input should be a valid list'],
  ])('%j', (body, why) => expect(read(body)).toBe(why))
})
