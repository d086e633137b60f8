// Whether two answers say the same, of whatever kind they are.
import { expect, test } from 'bun:test'
import type { Answer } from '../../src/apis/api.ts'
import { type Ask, defaultAsk } from '../../src/apis/ask.ts'
import { chat } from '../../src/apis/chat.ts'
import { embeddings } from '../../src/apis/embeddings.ts'
import { readConfig } from '../../src/config/config.ts'
import { isSame } from '../../src/replies/same.ts'
import { finish } from '../../src/replies/work.ts'

const config = readConfig({}, {})
const base = defaultAsk(config)
const said = (drawn: number, ask: Partial<Ask> = {}): Answer =>
  chat({ config, createdAt: 1_795_380_000 }, { ...base, ...ask }, drawn)
const vectors = (...inputs: string[]): Answer => embeddings({ ...base, dimensions: 8, inputs })

test.each<[string, boolean, Answer, Answer]>([
  ['a stream and itself', true, said(600), said(600)],
  ['a stream and a longer one', false, said(3), said(4)],
  ['a stream and one that says something else', false, said(3), said(3, { text: 'code' })],
  ['a stream and one that opens otherwise', false, said(3), { ...said(3), status: 201 } as Answer],
  ['a stream and one body', false, said(3), said(3, { stream: false })],
  ['a body and itself', true, said(3, { stream: false }), said(3, { stream: false })],
  ['a body and another', false, said(3, { stream: false }), said(2, { stream: false })],
  ['vectors and themselves', true, vectors('a', 'b'), vectors('a', 'b')],
  ['vectors and others', false, vectors('a', 'b'), vectors('a', 'c')],
  ['vectors and more of them', false, vectors('a'), vectors('a', 'b')],
])('%s', (_, isTheSame, one, other) => {
  expect(finish(isSame(one, other))).toBe(isTheSame)
  expect(finish(isSame(other, one))).toBe(isTheSame)
})
