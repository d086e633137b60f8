// Which functions a body of Gemini's has called.
import { describe, expect, test } from 'bun:test'
import { type Body, CITY, decided, OBJECT, table, type, usual, value } from './_gemini.ts'
import resultBody from '../inputs/gemini-tool-result.json'

describe('tools', () => {
  const call = (name: string, text: string): Body => {
    return { name, kind: 'function', input: expect.objectContaining({ text }) }
  }
  const calling = (...calls: readonly Body[]): Body => {
    return { content: { reasoning: false, text: false, calls: calls.length }, calls }
  }
  const declared = [{ name: 'a', parameters: OBJECT }, { name: 'b' }]
  const tools = [{ functionDeclarations: declared }]
  const mode = (mode: string, ...allowedFunctionNames: unknown[]): Body => ({
    tools,
    toolConfig: {
      functionCallingConfig: { mode, ...(allowedFunctionNames[0] ? { allowedFunctionNames } : {}) },
    },
  })
  const declare = (declaration: unknown): Body => ({ tools: [{ functionDeclarations: [declaration] }] })

  describe('with --content tools', () => {
    const PARAM = 'toolConfig.functionCallingConfig'
    table(
      [
        [{ tools }, calling(call('a', CITY))],
        [{ tools: tools[0] }, calling(call('a', CITY))],
        [{ tools: [{ function_declarations: declared }] }, calling(call('a', CITY))],
        [mode('AUTO'), calling(call('a', CITY))],
        [mode('MODE_UNSPECIFIED'), calling(call('a', CITY))],
        [mode('AUTO', 'b'), calling(call('a', CITY))],
        [mode('ANY', 'b'), calling(call('b', '{}'))],
        [mode('VALIDATED', 'b'), calling(call('b', '{}'))],
        [mode('NONE'), {}],
        [mode('ANY', 'no'), `${PARAM}: Invalid value`],
        [mode('ANY', 7), type('allowedFunctionNames', 'an array of strings')],
        [mode('MAYBE'), value(`${PARAM}.mode`, 'AUTO, ANY, NONE or VALIDATED')],
        [
          { tools, tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['b'] } } },
          calling(call('b', '{}')),
        ],
        [declare({ name: 'c', parametersJsonSchema: OBJECT }), calling(call('c', CITY))],
        [declare({ name: 'c', parameters_json_schema: OBJECT }), calling(call('c', CITY))],
        [
          declare({
            name: 'c',
            parameters: {
              properties: { at: { type: 'ARRAY', items: { type: 'STRING' }, min_items: 1 } },
              required: ['at'],
            },
          }),
          calling(call('c', '{"at":["text"]}')),
        ],
        [declare({ name: 'c', parametersJsonSchema: {} }), calling(call('c', '{}'))],
        [declare({ name: 'c', parametersJsonSchema: true }), calling(call('c', '{}'))],
        [declare({ name: 'c', parameters: { type: 'STRING' } }), calling(call('c', '{}'))],
        [declare({ name: 'c', parameters: null }), calling(call('c', '{}'))],
        [
          declare({ name: 'c', parameters: { ...OBJECT, required: ['city'], properties: { city: false } } }),
          'tools (c)',
        ],
        [declare({ name: 'c', parameters: 'x' }), 'tools (c)'],
        [declare({ parameters: OBJECT }), {}],
        [declare({ name: 7 }), type('name', 'a string')],
        [declare({ name: '' }), 'name: Invalid value'],
        [declare('x'), type('tools[0].functionDeclarations[0]', 'an object')],
        [
          { tools: [{ functionDeclarations: 'x' }] },
          type('tools[0].functionDeclarations', 'an array of objects'),
        ],
        [{ tools: ['x'] }, type('tools[0]', 'an object')],
        [{ tools: 'x' }, type('tools', 'an array of objects')],
        [{ tools: [] }, {}],
        [{ tools: [{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }] }, {}],
        [{ tools: [{ googleSearch: {} }, ...tools] }, calling(call('a', CITY))],
        [{ tools, toolConfig: 7 }, type('toolConfig', 'an object')],
        [{ tools, toolConfig: { functionCallingConfig: 7 } }, type('functionCallingConfig', 'an object')],
        [{ tools, toolConfig: { functionCallingConfig: { mode: 7 } } }, type('mode', 'a string')],
      ],
      { content: 'tools' },
    )

    test('results of tools are answered with text', () => {
      const asked = decided(resultBody, { content: 'tools' })
      expect(asked).toEqual({ ...usual, promptTokens: expect.any(Number) })
      const old = { role: 'function', parts: [{ function_response: {} }] }
      for (const results of [[old], [old, old], [{ ...old, role: 'user' }]]) {
        const contents = [{ role: 'user' }, { role: 'model' }, ...results]
        expect(decided({ contents, tools }, { content: 'tools' })).toMatchObject({ content: usual.content })
      }
    })
  })

  describe('with other contents', () => {
    table([
      [{ tools }, {}],
      [mode('ANY'), calling(call('a', CITY))],
    ])
    table(
      [
        [{ tools }, calling(call('a', CITY), call('b', '{}'))],
        [mode('ANY', 'b'), calling(call('b', '{}'), call('b', '{}'))],
      ],
      { content: 'tools:2' },
    )
    test.each([
      ['text+tools', { reasoning: false, text: true, calls: 1 }],
      ['reasoning+tools', { reasoning: true, text: false, calls: 1 }],
    ])('%s', (content, expected) =>
      expect(decided({ tools }, { content })).toMatchObject({ content: expected }),
    )
  })
})
