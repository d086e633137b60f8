// What a reader of bodies says of one that it refuses.
import { BadRequest } from '../../src/apis/api.ts'

/** `field: message`, without what was got in its place, which is tested once and for all in fields.test.ts. */
export function refusalOf(thrown: unknown): string {
  if (!(thrown instanceof BadRequest)) throw thrown
  return `${thrown.param}: ${thrown.message.replace(/(?<=expected .*), but got .* instead(?=\.)/i, '')}`
}

export const below = (field: string, least: number, kind = 'integer'): string =>
  `${field}: Invalid '${field}': ${kind} below minimum value. Expected a value >= ${least}.`
export const above = (field: string, most: number, kind = 'integer'): string =>
  `${field}: Invalid '${field}': ${kind} above maximum value. Expected a value <= ${most}.`
