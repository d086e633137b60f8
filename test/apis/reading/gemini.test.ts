// What Gemini's bodies decide, and how they are refused.
import { above, below } from '../_refusals.ts'
import { describe, expect, test } from 'bun:test'
import { type Body, CITY, decided, OBJECT, says, table, type, usual, value } from './_gemini.ts'
import schemaBody from '../inputs/gemini-schema.json'

describe('the configuration of a generation', () => {
  const rows: readonly (readonly [Body, Body | string])[] = [
    [{}, {}],
    [{ maxOutputTokens: 3 }, { limit: 3 }],
    [{ max_output_tokens: 3 }, { limit: 3 }],
    [{ maxOutputTokens: 1e9 }, { limit: 1e9 }],
    [{ maxOutputTokens: null }, {}],
    [{ maxOutputTokens: 0 }, below('maxOutputTokens', 1)],
    [{ maxOutputTokens: -1 }, below('maxOutputTokens', 1)],
    [{ maxOutputTokens: 1.5 }, type('maxOutputTokens', 'an integer')],
    [{ maxOutputTokens: '3' }, type('maxOutputTokens', 'an integer')],
    [{ stopSequences: ['a', ''] }, { stop: ['a'] }],
    [{ stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [{ stopSequences: [1] }, 'stopSequences: Invalid type'],
    [{ stopSequences: {} }, 'stopSequences: Invalid type'],
    [{ candidateCount: 8 }, { choices: 8 }],
    [{ candidate_count: 2 }, { choices: 2 }],
    [{ candidateCount: 0 }, below('candidateCount', 1)],
    [{ candidateCount: 9 }, above('candidateCount', 8)],
    [{ candidateCount: '2' }, type('candidateCount', 'an integer')],
    [{ responseLogprobs: true }, { logprobs: 0 }],
    [{ responseLogprobs: true, logprobs: 5 }, { logprobs: 5 }],
    [{ response_logprobs: true, logprobs: 20 }, { logprobs: 20 }],
    [{ responseLogprobs: false, logprobs: 5 }, {}],
    [{ logprobs: 5 }, {}],
    [{ logprobs: 21 }, above('logprobs', 20)],
    [{ logprobs: true }, type('logprobs', 'an integer')],
    [{ responseLogprobs: 1 }, type('responseLogprobs', 'a boolean')],
    [{ thinkingConfig: [] }, type('thinkingConfig', 'an object')],
    [{ thinkingConfig: { thinkingBudget: 'none' } }, type('thinkingBudget', 'an integer')],
    [{ thinkingConfig: { thinkingBudget: -2 } }, below('thinkingBudget', -1)],
    [{ thinkingConfig: { includeThoughts: 0 } }, type('includeThoughts', 'a boolean')],
    [{ thinkingConfig: { thinkingLevel: 7 } }, type('thinkingLevel', 'a string')],
    [{ temperature: 'hot', seed: 1, responseModalities: ['TEXT'] }, {}],
  ]
  table(rows.map(([generationConfig, expected]) => [{ generationConfig }, expected]))
  table(rows.map(([settings, expected]) => [{ generation_config: settings }, expected]).slice(0, 4) as never)
  table([
    [{ generationConfig: 7 }, type('generationConfig', 'an object')],
    [{ generation_config: [] }, type('generationConfig', 'an object')],
  ])
})

describe('thoughts are left out where they are not wanted', () => {
  const content = { reasoning: true, text: true, calls: 0 }
  const none = { content: { ...content, reasoning: false } }
  const rows: readonly (readonly [Body | null, Body])[] = [
    [null, { content }],
    [{}, { content }],
    [{ includeThoughts: true }, { content }],
    [{ includeThoughts: true, thinkingBudget: -1 }, { content }],
    [{ thinkingBudget: 1024, thinkingLevel: 'HIGH' }, { content }],
    [{ includeThoughts: false, thinkingBudget: 0 }, none],
    [{ includeThoughts: false }, none],
    [{ thinkingBudget: 0 }, none],
    [{ thinking_budget: 0 }, none],
    [{ include_thoughts: false }, none],
  ]
  table(
    rows.map(([thinkingConfig, expected]) => [{ generationConfig: { thinkingConfig } }, expected]),
    { content: 'reasoning' },
  )
})

describe('structured output', () => {
  const json = (more: Body): Body => ({ responseMimeType: 'application/json', ...more })
  const schema = (responseSchema: unknown): Body => json({ responseSchema })
  const rows: readonly (readonly [Body, Body | string])[] = [
    [json({}), says('{}')],
    [{ response_mime_type: 'application/json' }, says('{}')],
    [{ responseMimeType: 'text/plain' }, {}],
    [schema(OBJECT), says(CITY)],
    [{ response_mime_type: 'application/json', response_schema: OBJECT }, says(CITY)],
    [json({ responseJsonSchema: OBJECT }), says(CITY)],
    [json({ response_json_schema: OBJECT }), says(CITY)],
    [json({ _responseJsonSchema: OBJECT }), says(CITY)],
    [json({ _response_json_schema: OBJECT }), says(CITY)],
    [{ responseSchema: OBJECT }, says(CITY)],
    [schema({ type: 'STRING', nullable: true }), says('"text"')],
    [schema({ type: 'INTEGER', format: 'int64', minimum: 3 }), says('3')],
    [schema({ type: 'NUMBER', format: 'double' }), says('0')],
    [schema({ type: 'STRING', format: 'date-time' }), says('"2025-01-01T12:00:00Z"')],
    [schema({ type: 'ARRAY', items: { type: 'BOOLEAN' }, minItems: '2' }), says('[false,false]')],
    [schema({ type: 'ARRAY', items: { type: 'BOOLEAN' }, min_items: '1' }), says('[false]')],
    [schema({ any_of: [{ type: 'ARRAY', items: { any_of: [OBJECT] }, min_items: 1 }] }), says(`[${CITY}]`)],
    [
      schema({
        type: 'OBJECT',
        properties: { a: { type: 'STRING' }, b: { type: 'NULL' }, c: { type: 'STRING' } },
        required: ['a', 'b', 'c'],
        propertyOrdering: ['c', 'no', 7, { toString: 1 }, 'b'],
      }),
      says('{"c":"text","b":null,"a":"text"}'),
    ],
    [
      schema({
        type: 'OBJECT',
        properties: { min_items: { type: 'STRING' } },
        required: ['min_items'],
        property_ordering: 'min_items',
      }),
      says('{"min_items":"text"}'),
    ],
    [schema({ type: 'STRING', enum: ['x', 'y'] }), says('"x"')],
    [
      { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a b', 'c'] } },
      says('a b'),
    ],
    [{ responseMimeType: 'text/x.enum', responseJsonSchema: { enum: [2] } }, says('2')],
    [{ responseMimeType: 'text/x.enum' }, value('generationConfig.responseSchema', 'a schema')],
    [schema({ type: 'STRING', enum: new Array(20_000).fill('é') }), says('"é"')],
    [schema({ type: 'STRING', enum: ['\ud800'] }), says('"\\ud800"')],
    [schema({ type: 'MAP' }), 'generationConfig.responseSchema: Invalid schema'],
    [schema('x'), type('responseSchema', 'an object')],
    [json({ responseJsonSchema: 'x' }), 'generationConfig.responseJsonSchema: Invalid schema'],
    [json({ _responseJsonSchema: false }), 'generationConfig._responseJsonSchema: Invalid schema'],
    [{ responseMimeType: 'image/png' }, value('generationConfig.responseMimeType', 'text/plain')],
    [{ responseMimeType: 7 }, type('responseMimeType', 'a string')],
  ]
  table(rows.map(([generationConfig, expected]) => [{ generationConfig }, expected]))

  test('what cannot be is refused with the path to it', () => {
    const never = { type: 'INTEGER', minimum: 5, maximum: 4 }
    for (const name of ['responseSchema', 'responseJsonSchema']) {
      const deep = { type: 'OBJECT', properties: { a: { anyOf: [never] } }, required: ['a'] }
      expect(decided({ generationConfig: { [name]: deep } })).toMatch(
        new RegExp(`^generationConfig.${name}: Invalid schema for .*#/properties/a/anyOf/0`),
      )
    }
  })

  test.each([
    [1, 20, 6000, true],
    [1, 20, 7000, false],
    [8, 20, 700, true],
    [8, 20, 900, false],
    [8, 0, 16_000, true],
    [8, 0, 17_000, false],
  ])(
    '%d candidates with %d alternatives of about %d tokens: answered is %s',
    (candidateCount, logprobs, tokens, isAnswered) => {
      const responseSchema = { type: 'ARRAY', items: { type: 'BOOLEAN' }, minItems: String(tokens / 2) }
      const generationConfig = { candidateCount, logprobs, responseLogprobs: true, responseSchema }
      const got = decided({ generationConfig })
      if (isAnswered) expect(got).toMatchObject({ logprobs })
      else expect(got).toStartWith(value('logprobs', 'at most 131072 probabilities'))
    },
  )

  test('500 levels of a schema', () => {
    let deep: Body = { type: 'STRING' }
    for (let i = 0; i < 500; i++) deep = { type: 'ARRAY', items: deep, min_items: 1 }
    const got = decided({ generationConfig: { responseSchema: deep } })
    expect(typeof got === 'string' || 'own' in got).toBe(true)
  })

  test('as programs send it', () =>
    expect(decided(schemaBody)).toEqual({ ...usual, ...says('{"city":"text","days":0}') }))
})

describe('contents', () => {
  const user = (parts: unknown): Body => ({ contents: [{ role: 'user', parts }] })
  const MEDIA = 256
  table([
    [{ contents: [] }, {}],
    [{ contents: null }, {}],
    [user([{ text: 'x'.repeat(9) }]), { promptTokens: 3 }],
    [user({ text: 'x'.repeat(9) }), { promptTokens: 3 }],
    [{ contents: { parts: [{ text: 'x'.repeat(9) }] } }, { promptTokens: 3 }],
    [user([]), {}],
    [user(null), {}],
    [{ contents: [{}] }, {}],
    [user([{ inlineData: { mimeType: 'image/png', data: 'x'.repeat(9999) } }]), { promptTokens: MEDIA }],
    [user([{ inline_data: { mime_type: 'image/png', data: 'x' } }]), { promptTokens: MEDIA }],
    [user([{ fileData: { fileUri: 'x' } }, { file_data: {} }]), { promptTokens: 2 * MEDIA }],
    [{ ...user([{ text: 'xxxx' }]), systemInstruction: 'xxxx' }, { promptTokens: 2 }],
    [{ ...user([{ text: 'xxxx' }]), system_instruction: { parts: [{ text: 'xxxx' }] } }, { promptTokens: 2 }],
    [{ systemInstruction: { role: 'system', parts: { text: 'xxxxx' } } }, { promptTokens: 2 }],
    [user([{ text: 'xxxx', thoughtSignature: 'x'.repeat(99) }]), {}],
    [user([{ text: '\ud800' }]), {}],
    [{ generateContentRequest: user([{ text: 'x'.repeat(9) }]) }, { promptTokens: 3 }],
    [{ generate_content_request: user([{ text: 'x'.repeat(9) }]) }, { promptTokens: 3 }],
    [{ cachedContent: 'cachedContents/x', safetySettings: [], labels: {} }, {}],
    [{ contents: 'Hi' }, type('contents', 'an array of objects')],
    [{ contents: 7 }, type('contents', 'an array of objects')],
    [{ contents: ['Hi'] }, type('contents[0]', 'an object')],
    [{ contents: [{}, [{}]] }, type('contents[1]', 'an object')],
    [{ contents: [{ role: 'system' }] }, value('contents[0].role', 'user or model')],
    [{ contents: [{ role: 7 }] }, value('contents[0].role', 'user or model')],
    [user('Hi'), type('contents[0].parts', 'an array of objects')],
    [user(['Hi']), type('contents[0].parts[0]', 'an object')],
    [user([{}, { text: 7 }]), type('contents[0].parts[1].text', 'a string')],
    [user([{ functionResponse: 'x' }]), type('functionResponse', 'an object')],
    [user([{ inlineData: 'x' }]), type('inlineData', 'an object')],
    [{ systemInstruction: 7 }, type('systemInstruction', 'an object')],
    [{ systemInstruction: { parts: [7] } }, type('systemInstruction.parts[0]', 'an object')],
    [{ generateContentRequest: [] }, type('generateContentRequest', 'an object')],
  ])
})
