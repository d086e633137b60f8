// Queries of those who ask the mock about itself: which keys there are, and which upstreams.
import { BadRequest, type WholeAnswer } from '../apis/api.ts'
import { providers } from '../apis/providers.ts'
import { quoteText } from '../config/format.ts'
import { nearNames, orList } from '../config/nearest.ts'
import { areNamed, type Config } from '../config/upstreams.ts'
import type { Card, Choice } from './card.ts'

/** What was given, as it stood. */
export type Asked<Key extends string> = { readonly [Name in Key]?: string }

/** @throws BadRequest for a key that is not among `keys`, and for one that is given twice */
export function readKeys<Key extends string>(query: string, keys: readonly Key[]): Asked<Key> {
  const asked: Record<string, string> = {}
  for (const [name, text] of new URLSearchParams(query)) {
    if (!keys.some((one) => one === name)) throw new BadRequest(refuseKey(name, keys), name)
    if (Object.hasOwn(asked, name)) throw new BadRequest(`${name} is given twice.`, name)
    asked[name] = text
  }
  return asked as Asked<Key>
}

function refuseKey(name: string, keys: readonly string[]): string {
  const near = nearNames(name, keys)
  const hint = near.length === 0 ? '' : ` Did you mean ${orList(near)}?`
  return `There is no key ${quoteText(name)}.${hint} It takes ${keys.length === 0 ? 'none' : orList(keys)}.`
}

/** What `pick` makes of a query; or why that is refused, with 400, and with 404 for an upstream that is not there. */
export function pickAsked<Key extends string>(
  query: string,
  keys: readonly Key[],
  config: Pick<Config, 'upstreams'>,
  pick: (asked: Asked<Key>) => Choice,
  refuse: (answer: WholeAnswer) => Card,
): Choice {
  const { error } = providers.openai
  try {
    const asked = readKeys(query, keys)
    const stranger = refuseStranger((asked as Asked<'upstream'>).upstream, config)
    return stranger === undefined ? pick(asked) : refuse(error(404, stranger, { param: 'upstream' }))
  } catch (thrown) {
    if (!(thrown instanceof BadRequest)) throw thrown
    return refuse(error(400, thrown.message, { param: thrown.param }))
  }
}

function refuseStranger(wanted: string | undefined, config: Pick<Config, 'upstreams'>): string | undefined {
  const names = config.upstreams.map(({ name }) => name)
  if (wanted === undefined || names.includes(wanted)) return undefined
  const known = areNamed(config) ? `there are ${names.join(', ')}` : 'there is one, which has no name'
  return `No upstream is called ${quoteText(wanted)}: ${known}.`
}
