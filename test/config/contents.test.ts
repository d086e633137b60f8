// Of which parts replies consist, from text to data and back.
import { expect, test } from 'bun:test'
import { type Content, contentText, parseContent } from '../../src/config/contents.ts'

const parts = (form: string, calls = 0): Content => {
  return { reasoning: form.includes('r'), text: form.includes('t'), calls }
}

test.each<[string, Content]>([
  ['text', parts('t')],
  ['reasoning', parts('rt')],
  ['tools', parts('', 1)],
  ['tools:2', parts('', 2)],
  ['tools:16', parts('', 16)],
  ['text+tools', parts('t', 1)],
  ['text+tools:3', parts('t', 3)],
  ['reasoning+tools', parts('r', 1)],
  ['reasoning+tools:10', parts('r', 10)],
])('%s', (text, content) => {
  expect(parseContent(text)).toEqual(content)
  expect(contentText(content)).toBe(text)
})

test.each(['tools:1', 'tools:01'])('%s is tools', (text) =>
  expect(contentText(parseContent(text))).toBe('tools'),
)

test.each([
  ...['', 'Text', 'text:2', 'reasoning:1', 'tools:', 'tools:0', 'tools:17', 'tools:100', 'tools:-1'],
  ...[
    'tools:1.5',
    'tools:2:3',
    'tools+text',
    'text+tools+tools',
    ':2',
    'toString',
    'constructor',
    '__proto__',
  ],
])('%j is refused, saying what is accepted', (text) =>
  expect(() => parseContent(text)).toThrow(
    'text, reasoning, tools, text+tools, reasoning+tools, or a form with tools and how many calls (1 to 16), as in tools:2',
  ),
)

test.each([
  ['tool', '; did you mean tools?'],
  ['texts', '; did you mean text?'],
  ['reasoning+tool', '; did you mean reasoning+tools?'],
])('%j may mean something%s', (text, hint) => expect(() => parseContent(text)).toThrow(hint))
