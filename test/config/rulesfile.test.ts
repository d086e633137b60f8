// Files of rules: what they say, and what is told when something is wrong in them.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { UsageError } from '../../src/config/errors.ts'
import { type Asked, createMatcher } from '../../src/config/rules.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import { root } from '../_helpers.ts'

const example = 'a list of rules, as in - then: {text: Hello}'

async function refuses(text: string, message: string): Promise<void> {
  const thrown = await readRules(text, 'a.yaml').then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toEqual(new UsageError(`a.yaml:${message}`))
}

describe('the sample', () => {
  const sample = Bun.file(join(root, 'test/config/replies.yaml')).text()

  test('says what it says', async () => {
    expect(await readRules(await sample, 'replies.yaml')).toEqual([
      {
        name: 'a refund',
        when: { contains: ['refund'], turn: { from: 1, to: 1 } },
        then: {
          tools: [{ name: 'look_up_order', arguments: '{"order":4711,"reason":"it was broken"}' }],
          settings: {},
        },
      },
      {
        name: 'after the tool',
        when: { contains: ['refund'] },
        then: {
          text: 'I have found your order.\nThe money is on its way – thank you for your patience 🙂\n',
          settings: { ttftMs: '300', chunkDelayMs: '12.5' },
        },
      },
      {
        name: 'structured output',
        when: { path: '/v1/chat/*', matches: '(?i)\\bas json\\b' },
        then: { json: '{"sentiment":"positive","score":0.90,"tags":["a","b"]}', settings: {} },
      },
      {
        name: 'the old model is busy',
        when: { model: 'gpt-3.5*' },
        then: { fault: 'status:429', settings: {} },
      },
      {
        name: 'a stream that breaks off for one team',
        when: { header: { 'x-team': 'blue*' } },
        then: { fault: 'abort:30', settings: { chunkCount: '40' } },
      },
      { name: 'all others', when: {}, then: { text: 'I am a mock. Ask me for a refund.', settings: {} } },
    ])
  })

  test('answers', async () => {
    const match = createMatcher(await readRules(await sample, 'replies.yaml'))
    const base: Asked = {
      model: 'gpt-4o',
      path: '/v1/messages',
      text: 'Hi',
      turn: 1,
      isDone: false,
      header: () => null,
    }
    const name = (given: Partial<Asked>): string | undefined => match({ ...base, ...given })?.name
    expect(name({})).toBe('all others')
    expect(name({ text: 'a refund, please' })).toBe('a refund')
    expect(name({ text: 'a refund, please', isDone: true })).toBe('after the tool')
    expect(name({ text: 'where is my refund?', turn: 3 })).toBe('after the tool')
    expect(name({ text: 'Answer as JSON', path: '/v1/chat/completions' })).toBe('structured output')
    expect(name({ model: 'gpt-3.5-turbo' })).toBe('the old model is busy')
    expect(name({ header: (one) => (one === 'x-team' ? 'blue-2' : null) })).toBe(
      'a stream that breaks off for one team',
    )
  })

  test('is the same as JSON', async () => {
    const { parse } = await import('yaml')
    const [yaml, json] = await Promise.all([
      readRules(await sample, 'a.yaml'),
      readRules(JSON.stringify(parse(await sample)), 'a.json'),
    ])
    expect(JSON.stringify(json).replace('"score\\":0.9,', '"score\\":0.90,')).toBe(JSON.stringify(yaml))
  })
})

describe('a file', () => {
  test.each([
    ['', `1:1: is empty: it takes ${example}`],
    ['# nothing\n', `1:1: is empty: it takes ${example}`],
    ['---\n', `1:1: is empty: it takes ${example}`],
    ['~', `1:1: is empty: it takes ${example}`],
    ['[]', `1:1: holds no rules: it takes ${example}`],
    ['a', `1:1: is the text 'a': it takes ${example}`],
    ['\n  {}', `2:3: is an empty mapping: it takes ${example}`],
    ['rules:\n  - then: {}', `1:1: is a mapping: it takes ${example}`],
    ['- then: {}\n- a', "2:3: a rule takes a mapping, not the text 'a'"],
    ['- then: {}\n-', '2:2: a rule takes a mapping, not nothing'],
    ['- - then: {}', '1:3: a rule takes a mapping, not a list'],
  ])('%j is refused', refuses)
})

describe('a rule', () => {
  test.each([
    ['{}', 'a rule needs then, which says what is answered', 3],
    ['{when: {}}', 'a rule needs then, which says what is answered', 3],
    ['{then: }', 'then takes a mapping, not nothing', 10],
    ['{then: []}', 'then takes a mapping, not an empty list', 10],
    ['{then: hi}', "then takes a mapping, not the text 'hi'", 10],
    ['{when: [], then: {}}', 'when takes a mapping, not an empty list', 10],
    ['{when: true, then: {}}', 'when takes a mapping, not true', 10],
    ['{thne: {}}', "a rule does not accept 'thne': it takes name, when, then; did you mean then?", 4],
    [
      '{match: {}, then: {}}',
      "a rule does not accept 'match': it takes name, when, then; did you mean when?",
      4,
    ],
    ['{x: {}, then: {}}', "a rule does not accept 'x': it takes name, when, then", 4],
    ['{then: {}, then: {}}', "the key 'then' is given twice", 14],
    ['{name: 3, then: {}}', "name takes a text, not the number 3: put it in quotes, '3'", 10],
    ['{name: "", then: {}}', 'name takes a text, not an empty one', 10],
    ['{name: "a\\nb", then: {}}', 'name takes one line of at most 100 characters', 10],
    [`{name: ${'x'.repeat(101)}, then: {}}`, 'name takes one line of at most 100 characters', 10],
  ])('%j is refused', (rule, message, column) => refuses(`- ${rule}`, `1:${column}: ${message}`))

  test('a name may have a hundred characters', async () => {
    const name = 'x'.repeat(100)
    const [rule] = await readRules(`- {name: ${name}, then: {}}`, 'a.yaml')
    expect(rule!.name).toBe(name)
  })

  test('without when, or an empty one, is for everything; without a name it has one', async () => {
    const text = '- then: {}\n- when:\n  then: {}\n\n- when: {}\n  then: {}\n- {name: d, then: {}}'
    const rules = await readRules(text, 'a.yaml')
    expect(rules.map(({ name, when }) => [name, when])).toEqual([
      ['rule 1 (line 1)', {}],
      ['rule 2 (line 2)', {}],
      ['rule 3 (line 5)', {}],
      ['d', {}],
    ])
  })
})

const known = 'it takes model, path, contains, matches, header, turn'
const turns = 'turn takes a whole number from 1 to 1000000, or a range as in 2-4 or 2-'
const script = 'it takes a regular expression as JavaScript writes it with the flag u'

describe('when', () => {
  test.each([
    ['model: gpt-4*', { model: 'gpt-4*' }],
    ['path: /v1/*', { path: '/v1/*' }],
    ['path: "*"', { path: '*' }],
    ['contains: refund', { contains: ['refund'] }],
    ['contains: [a, "2", 早い]', { contains: ['a', '2', '早い'] }],
    ['contains: yes', { contains: ['yes'] }], // a text since YAML 1.2
    ["matches: '^a+\\d$'", { matches: '^a+\\d$' }],
    ['header: {X-A: b*, x-b: ""}', { header: { 'x-a': 'b*', 'x-b': '' } }],
    ['turn: 1', { turn: { from: 1, to: 1 } }],
    ['turn: "3"', { turn: { from: 3, to: 3 } }],
    ['turn: 2-', { turn: { from: 2, to: null } }],
    ['turn: 2-4', { turn: { from: 2, to: 4 } }],
    ['turn: 4-4', { turn: { from: 4, to: 4 } }],
  ])('%j', async (text, when) => {
    const [rule] = await readRules(`- when: {${text}}\n  then: {}`, 'a.yaml')
    expect(rule!.when).toEqual(when)
  })

  test.each([
    ['model: 4', 17, "model takes a text, not the number 4: put it in quotes, '4'"],
    ['model: 0x10', 17, "model takes a text, not the number 0x10: put it in quotes, '0x10'"],
    ['model: true', 17, "model takes a text, not true: put it in quotes, 'true'"],
    ['model: ""', 17, 'model takes a text, not an empty one'],
    ['model: [a]', 17, 'model takes a text, not a list'],
    ['model: ', 17, 'model takes a text, not nothing'],
    ['model: "\\ud800"', 17, 'model has half a surrogate pair, which UTF-8 cannot hold'],
    ['path: v1', 16, "path takes a text that begins with / or *, not the text 'v1'"],
    ['path: {}', 16, 'path takes a text, not an empty mapping'],
    ['contains: []', 20, 'contains takes at least one text'],
    ['contains: [a, 2]', 24, "contains takes a text, not the number 2: put it in quotes, '2'"],
    ['contains: [[a]]', 21, 'contains takes a text, not a list'],
    ['contains: ""', 20, 'contains takes a text or a list of texts, not an empty one'],
    ['contains: {a: b}', 20, 'contains takes a text or a list of texts, not a mapping'],
    ['matches: 3', 19, "matches takes a regular expression, not the number 3: put it in quotes, '3'"],
    ['matches: ""', 19, 'matches takes a regular expression, not an empty one'],
    ['matches: "a("', 19, `matches does not accept 'a(': ${script}: missing )`],
    [
      "matches: '(a)\\1'",
      19,
      "matches does not accept '(a)\\1': it takes a regular expression without back references, which could take for ever",
    ],
    ['header: a', 18, "header takes a mapping, not the text 'a'"],
    ['header: {}', 18, 'header takes at least one name and value'],
    ['header: {"a b": c}', 19, "header takes names of headers, not 'a b'"],
    ['header: {"": c}', 19, "header takes names of headers, not ''"],
    ['header: {a: 1}', 22, "the header a takes a text, not the number 1: put it in quotes, '1'"],
    ['header: {a: }', 22, 'the header a takes a text, not nothing'],
    ['header: {X-A: b, x-a: c}', 27, 'the header x-a is given twice'],
    ['turn: 0', 16, `${turns}, not the number 0`],
    ['turn: -3', 16, `${turns}, not the number -3`],
    ['turn: 1.5', 16, `${turns}, not the number 1.5`],
    ['turn: 1000001', 16, `${turns}, not the number 1000001`],
    ['turn: 4-2', 16, `${turns}, not the text '4-2'`],
    ['turn: 0-', 16, `${turns}, not the text '0-'`],
    ['turn: 2-1000001', 16, `${turns}, not the text '2-1000001'`],
    ['turn: 2 - 4', 16, `${turns}, not the text '2 - 4'`],
    ['turn: true', 16, `${turns}, not true`],
    ['turn: [1]', 16, `${turns}, not a list`],
    ['turn: ', 16, `${turns}, not nothing`],
    ['modle: a', 10, `when does not accept 'modle': ${known}; did you mean model?`],
    ['contians: a', 10, `when does not accept 'contians': ${known}; did you mean contains?`],
    ['Header: {}', 10, `when does not accept 'Header': ${known}; did you mean header?`],
    ['prompt: a', 10, `when does not accept 'prompt': ${known}; did you mean contains?`],
    ['regex: a', 10, `when does not accept 'regex': ${known}; did you mean matches?`],
    ['url: a', 10, `when does not accept 'url': ${known}; did you mean path?`],
    ['turns: 1', 10, `when does not accept 'turns': ${known}; did you mean turn?`],
    ['constructor: 1', 10, `when does not accept 'constructor': ${known}`],
    ['__proto__: 1', 10, `when does not accept '__proto__': ${known}`],
    ['model: a, model: b', 20, "the key 'model' is given twice"],
  ])('%j is refused', (when, column, message) =>
    refuses(`- when: {${when}}\n  then: {}`, `1:${column}: ${message}`),
  )
})
