// Single fields of a body: of the right type, absent, or refused by name.
import { describe, expect, test } from 'bun:test'
import { named } from '../_helpers.ts'
import { BadRequest } from '../../src/apis/api.ts'
import {
  booleanField,
  countField,
  messagesField,
  MOST_EXACT,
  nameField,
  objectField,
  readLimit,
  requiredName,
  stopField,
  withinLimits,
} from '../../src/apis/body.ts'

type Body = Readonly<Record<string, unknown>>

const LIMITS = ['max_completion_tokens', 'max_tokens']
const readers = {
  boolean: (body: Body) => booleanField(body, 'it'),
  name: (body: Body) => nameField(body, 'it'),
  count: (body: Body) => countField(body, 'it', 1, 8),
  object: (body: Body) => objectField(body, 'it'),
  messages: (body: Body) => messagesField(body, 'it'),
  temperature: (body: Body) => withinLimits('it', 'decimal', body['it'] as number, 0, 2),
  stop: (body: Body) => stopField(body, 'it'),
  'name of a tool': requiredName,
  limit: (body: Body) => readLimit(body, LIMITS),
} as const

type Reader = keyof typeof readers

const stops = (count: number): string[] => new Array<string>(count).fill('.')
const limit = (most: number, isExact = false): object => ({ limit: most, isExact })

const accepted: [Reader, Body, unknown][] = [
  ['boolean', { it: false }, false],
  ['boolean', {}, undefined],
  ['boolean', { it: null }, undefined],
  ['name', { it: 'a' }, 'a'],
  ['name', { it: 'a'.repeat(256) }, 'a'.repeat(256)],
  ['name', { it: null }, undefined],
  ['count', { it: 1 }, 1],
  ['count', { it: 8 }, 8],
  ['count', { it: null }, undefined],
  ['object', { it: {} }, {}],
  ['object', { it: null }, undefined],
  ['messages', {}, []],
  ['messages', { it: null }, []],
  ['messages', { it: [{ a: 1 }, {}] }, [{ a: 1 }, {}]],
  ['temperature', { it: 2 }, 2],
  ['temperature', { it: 0 }, 0],
  ['stop', {}, []],
  ['stop', { it: null }, []],
  ['stop', { it: 'end' }, ['end']],
  ['stop', { it: ['a', '', 'b'] }, ['a', 'b']],
  ['stop', { it: '' }, []],
  ['stop', { it: stops(64) }, stops(64)],
  ['name of a tool', { name: 'f' }, 'f'],
  ['limit', {}, limit(0)],
  ['limit', { max_tokens: 5 }, limit(5)],
  ['limit', { max_tokens: 5, max_completion_tokens: 7 }, limit(7)],
  ['limit', { max_tokens: 5, max_completion_tokens: null }, limit(5)],
  ['limit', { max_tokens: 1 << 30 }, limit(1 << 30)],
  ['limit', { max_tokens: 5, ignore_eos: true }, limit(5, true)],
  ['limit', { max_tokens: 5, ignore_eos: false }, limit(5)],
  ['limit', { ignore_eos: true }, limit(0, true)],
  ['limit', { min_tokens: 3 }, limit(3, true)],
  ['limit', { min_tokens: 0 }, limit(0)],
  ['limit', { max_tokens: 5, min_tokens: 3 }, limit(5, true)],
  ['limit', { max_tokens: 3, min_tokens: 5 }, limit(3, true)],
  ['limit', { max_tokens: MOST_EXACT, ignore_eos: true }, limit(MOST_EXACT, true)],
]

const refused: [Reader, Body, param: string, reason: string][] = [
  ['boolean', { it: 'true' }, 'it', 'expected a boolean'],
  ['boolean', { it: 0 }, 'it', 'expected a boolean'],
  ['name', { it: 1 }, 'it', 'expected a string'],
  ['name', { it: '' }, 'it', '1 to 256 characters'],
  ['name', { it: 'a'.repeat(257) }, 'it', '1 to 256 characters'],
  ['count', { it: '3' }, 'it', 'expected an integer'],
  ['count', { it: 1.5 }, 'it', 'expected an integer'],
  ['count', { it: 0 }, 'it', 'below minimum value'],
  ['count', { it: 9 }, 'it', 'above maximum value'],
  ['object', { it: [] }, 'it', 'expected an object'],
  ['object', { it: 'a' }, 'it', 'expected an object'],
  ['messages', { it: {} }, 'it', 'an array of objects'],
  ['messages', { it: [{}, 'a', {}, 1] }, 'it[1]', 'expected an object'],
  ['messages', { it: [[]] }, 'it[0]', 'expected an object'],
  ['temperature', { it: 2.1 }, 'it', 'a value <= 2'],
  ['stop', { it: 1 }, 'it', 'at most 64 strings'],
  ['stop', { it: ['a', null] }, 'it', 'at most 64 strings'],
  ['stop', { it: stops(65) }, 'it', 'at most 64 strings'],
  ['name of a tool', {}, 'tool_choice', "Missing required parameter: 'tool_choice.name'."],
  ['name of a tool', { name: 1 }, 'name', 'expected a string'],
  ['limit', { max_tokens: 0 }, 'max_tokens', 'a value >= 1'],
  ['limit', { max_tokens: -1 }, 'max_tokens', 'a value >= 1'],
  ['limit', { max_tokens: 1.5 }, 'max_tokens', 'expected an integer'],
  ['limit', { min_tokens: -1 }, 'min_tokens', 'a value >= 0'],
  ['limit', { ignore_eos: 1 }, 'ignore_eos', 'expected a boolean'],
  ['limit', { max_tokens: MOST_EXACT + 1, ignore_eos: true }, 'max_tokens', `at most ${MOST_EXACT}`],
  ['limit', { min_tokens: MOST_EXACT + 1 }, 'min_tokens', `at most ${MOST_EXACT}`],
]

describe('is read', () => {
  test.each(named(accepted))('%s', (_, reader, body, expected) =>
    expect(readers[reader](body)).toEqual(expected as never),
  )
})

describe('is refused', () => {
  test.each(named(refused))('%s', (_, reader, body, param, reason) => {
    let thrown: unknown
    try {
      readers[reader](body)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(BadRequest)
    expect((thrown as BadRequest).param).toBe(param)
    expect((thrown as BadRequest).message).toContain(reason)
  })
})

/** As OpenAI has them. */
describe('the words and the code', () => {
  const wrongType = (got: string, expected = 'an integer'): [string, string] => [
    `Invalid type for 'it': expected ${expected}, but got ${got} instead.`,
    'invalid_type',
  ]
  test.each<[Reader, Body, [message: string, code: string]]>([
    ['count', { it: '3' }, wrongType('a string')],
    ['count', { it: 1.5 }, wrongType('a decimal number')],
    ['count', { it: true }, wrongType('a boolean')],
    ['count', { it: [3] }, wrongType('an array')],
    ['count', { it: {} }, wrongType('an object')],
    ['boolean', { it: 1 }, wrongType('an integer', 'a boolean')],
    ['object', { it: [] }, wrongType('an array', 'an object')],
    ['messages', { it: 'a' }, wrongType('a string', 'an array of objects')],
    [
      'messages',
      { it: [null] },
      ["Invalid type for 'it[0]': expected an object, but got null instead.", 'invalid_type'],
    ],
    [
      'limit',
      { max_tokens: 0 },
      [
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        'integer_below_min_value',
      ],
    ],
    [
      'count',
      { it: 9 },
      [
        "Invalid 'it': integer above maximum value. Expected a value <= 8, but got 9 instead.",
        'integer_above_max_value',
      ],
    ],
    [
      'temperature',
      { it: 2.1 },
      [
        "Invalid 'it': decimal above maximum value. Expected a value <= 2, but got 2.1 instead.",
        'decimal_above_max_value',
      ],
    ],
    [
      'temperature',
      { it: -1 },
      [
        "Invalid 'it': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
        'decimal_below_min_value',
      ],
    ],
    ['name', { it: '' }, ["Invalid value for 'it': expected 1 to 256 characters.", 'invalid_value']],
    ['name of a tool', {}, ["Missing required parameter: 'tool_choice.name'.", 'missing_required_parameter']],
  ])('of %s %j', (reader, body, [message, code]) =>
    expect(() => readers[reader](body)).toThrow(expect.objectContaining({ message, code }) as Error),
  )
})

test('every reader accepts something and refuses something', () => {
  for (const rows of [accepted, refused])
    expect([...new Set<string>(rows.map(([reader]) => reader))].toSorted()).toEqual(
      Object.keys(readers).toSorted(),
    )
})
