// What Gemini's bodies decide, in tables.
import { refusalOf } from '../_refusals.ts'
import { expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { keptHeaders } from '../../../src/apis/kept.ts'
import { readGeneration } from '../../../src/apis/reading/gemini.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'

export type Body = Readonly<Record<string, unknown>>

/** What a body decides besides the model, or `field: message` of its refusal. */
export function decided(body: Body, flags: GivenFlags = {}): Body | string {
  const head = {
    method: 'POST',
    path: '/v1beta/models/m:generateContent',
    query: '',
    header: () => null,
    headers: () => keptHeaders({}),
  }
  try {
    const { model, ...ask } = readGeneration(
      { config: readSettings({ reply: 'auto', ...flags }, {}), createdAt: 0 },
      body,
      head,
    )
    expect(model).toBe('m')
    return ask
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

export const usual = {
  limit: 0,
  stop: [],
  choices: 1,
  logprobs: null,
  promptTokens: 1,
  content: { reasoning: false, text: true, calls: 0 },
}

/** Rows of bodies and what differs from the usual, or how the refusal begins. */
export function table(rows: readonly (readonly [Body, Body | string])[], flags: GivenFlags = {}): void {
  test.each(named(rows))('%s', (_, body, expected) => {
    const got = decided(body, flags)
    if (typeof expected === 'string') expect(got).toStartWith(expected)
    else expect(got).toEqual({ ...usual, ...expected })
  })
}

export const type = (field: string, what: string): string =>
  `${field}: Invalid type for '${field}': expected ${what}.`
export const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}`

export const says = (text: string): Body => ({ own: expect.objectContaining({ text }) })
export const OBJECT = { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] }
export const CITY = '{"city":"text"}'
