// What is made where schemas are combined, and where they refer to others or to themselves.
import { expectInstances } from './_rows.ts'

expectInstances({
  branches: [
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 0],
    [{ anyOf: [false, { type: 'string', minLength: 5, maxLength: 1 }, { type: 'null' }] }, null],
    [
      {
        type: 'object',
        required: ['a'],
        properties: { a: { minimum: 4 } },
        anyOf: [
          { properties: { a: { maximum: 3, type: 'number' } } },
          { properties: { a: { maximum: 5, type: 'number' } } },
        ],
      },
      { a: 4 },
    ],
    [{ oneOf: [{ type: 'number' }, { type: 'integer' }] }, 0.5],
    [{ oneOf: [{ type: 'string' }, { maxLength: 3 }, { type: 'null' }] }, 'text'],
    [{ oneOf: [{ required: ['a'] }, { required: ['a', 'b'] }], type: 'object' }, { a: 'text' }],
    [{ allOf: [{ type: 'string', minLength: 5 }, { maxLength: 5 }] }, 'text.'],
    [{ allOf: [{ required: ['a'] }, { properties: { a: { type: 'integer' } } }], type: 'object' }, { a: 0 }],
    [
      {
        allOf: [
          { properties: { a: { minimum: 3 } } },
          { properties: { a: { type: 'integer', maximum: 3 } } },
        ],
        required: ['a'],
      },
      { a: 3 },
    ],
    [{ not: { type: 'string' } }, 0],
    [{ type: 'integer', not: { enum: [0, 1] } }, 2],
    [{ type: 'object', not: { maxProperties: 0 } }, { text: 'text' }],
    [{ type: 'object', required: ['a'], not: { properties: { a: { const: 'text' } } } }, { a: 'word' }],
    [{ type: 'array', not: { maxItems: 1 } }, ['text', 'text']],
    [{ not: { minLength: 1, type: 'string' }, type: 'string' }, ''],
    [{ type: 'string', if: { maxLength: 99 }, then: { minLength: 8 } }, 'text tex'],
    [{ if: { type: 'string' }, then: false }, 0],
    [{ type: 'object', if: { required: ['a'] }, then: { required: ['b'] } }, {}],
    [
      { type: 'object', required: ['a'], if: { required: ['a'] }, then: { required: ['b'] } },
      { a: 'text', b: 'text' },
    ],
    [{ type: 'object', if: { required: ['a'] }, else: { required: ['c'] } }, { c: 'text' }],
  ],
  references: [
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'null' } } }, null],
    [{ $ref: '#/definitions/a', definitions: { a: { type: 'null' } } }, null],
    [{ $ref: '#/$defs/a', minimum: 3, $defs: { a: { type: 'integer' } } }, 3],
    [{ $ref: '#/$defs/a~1b~0c', $defs: { 'a/b~c': { type: 'null' } } }, null],
    [{ $ref: '#/$defs/a%20b%25', $defs: { 'a b%': { type: 'null' } } }, null],
    [{ $ref: '#/$defs/~01', $defs: { '~1': { type: 'null' } } }, null],
    [{ $ref: '#/$defs/100%', $defs: { '100%': { type: 'null' } } }, null],
    [{ $ref: '#/allOf/1', allOf: [true, { type: 'null' }] }, null],
    [{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { type: 'null' } } }, null],
    [{ $ref: '#/$defs/a', allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { type: 'integer' } } }, 0],
    [{ anyOf: [{ $ref: '#' }, { type: 'null' }] }, null],
  ],
  'references into themselves': [
    [
      { type: 'array', minItems: 6, items: { $ref: '#/$defs/a' }, $defs: { a: { type: 'null' } } },
      [null, null, null, null, null, null],
    ],
    [{ type: 'object', properties: { next: { $ref: '#' } } }, {}],
    [
      {
        type: 'object',
        required: ['next'],
        properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      },
      { next: null },
    ],
    [
      {
        type: 'object',
        required: ['next'],
        properties: { next: { oneOf: [{ $ref: '#' }, { type: 'null' }] } },
      },
      { next: null },
    ],
    [
      { type: 'object', required: ['kids'], properties: { kids: { type: 'array', items: { $ref: '#' } } } },
      { kids: [] },
    ],
    [{ type: ['object', 'null'], required: ['next'], properties: { next: { $ref: '#' } } }, null],
    [{ anyOf: [{ type: 'array', minItems: 2, items: { $ref: '#' } }, { const: 1 }] }, 1],
    [
      {
        type: 'array',
        minItems: 1,
        items: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] },
        $defs: { n: { type: 'object', required: ['a'], properties: { a: { $ref: '#' } } } },
      },
      [null],
    ],
    [
      // it needs one level of itself
      {
        allOf: [{ $ref: '#/$defs/n' }],
        required: ['a'],
        $defs: { n: { type: 'object', properties: { a: { $ref: '#/$defs/n' } } } },
      },
      { a: {} },
    ],
  ],
})
