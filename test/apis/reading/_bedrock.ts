// What Bedrock's bodies decide, in tables.
import { refusalOf } from '../_refusals.ts'
import { expect, test } from 'bun:test'
import { named } from '../../_helpers.ts'
import { type RequestHead } from '../../../src/apis/api.ts'
import { keptHeaders } from '../../../src/apis/kept.ts'
import { readConverse } from '../../../src/apis/reading/bedrock.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'

export type Body = Readonly<Record<string, unknown>>

export const setupOf = (flags: GivenFlags = {}) => ({
  config: readSettings({ reply: 'auto', ...flags }, {}),
  createdAt: 0,
})

export const headOf = (path: string): RequestHead => ({
  method: 'POST',
  path,
  query: '',
  header: () => null,
  headers: () => keptHeaders({}),
})

/** What `read` makes of a body, or `field: message` of its refusal. */
export function attempt(read: () => Body): Body | string {
  try {
    return read()
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

/** What a body of Converse decides besides the model. */
export function decided(body: Body, flags: GivenFlags = {}): Body | string {
  return attempt(() => {
    const { model, ...ask } = readConverse(setupOf(flags), body, headOf('/model/m/converse'))
    expect(model).toBe('m')
    return ask
  })
}

export const usual = {
  limit: 0,
  stop: [],
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
  `${field}: Invalid type for '${field}': expected ${what}`
export const value = (field: string, what: string): string =>
  `${field}: Invalid value for '${field}': expected ${what}`
export const says = (text: string): Body => ({ own: expect.objectContaining({ text }) })
