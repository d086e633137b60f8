// Events as their JSON, to compare shapes of them.
import { body } from '../replies/_replies.ts'
import { type Format, formats, prepare } from './_readers.ts'
import type { Ask } from '../../src/apis/ask.ts'
import type { GivenFlags } from '../../src/config/config.ts'

// The tests say which fields there are.
export type Json = Record<string, any>

export interface Asked {
  readonly pattern?: string
  readonly flags?: GivenFlags
  readonly ask?: Partial<Ask>
}

export const byName = (name: string): Format => formats.find((format) => format.name === name)!
export const FLAGS = { chunkCount: '3' }

/** The events of a stream; what is no JSON as it is. */
export function events(format: Format, { pattern, flags, ask }: Asked = {}): (Json | string)[] {
  const reply = prepare(format, {
    flags: { ...FLAGS, ...flags },
    ...(ask && { ask }),
    ...(pattern && { pattern }),
  })
  const text = body(reply)
  if (format.framing === 'json-array') return JSON.parse(text) as Json[]
  return (text.match(format.framing === 'ndjson' ? /.+/g : /(?<=^data: ).*$/gm) ?? []).map((data) =>
    data.startsWith('{') ? (JSON.parse(data) as Json) : data.trim(),
  )
}

export function whole(format: Format, { pattern, flags, ask }: Asked = {}): Json {
  const given = { flags: { ...FLAGS, ...flags }, ask: { ...ask, stream: false } }
  return JSON.parse(body(prepare(format, { ...given, ...(pattern && { pattern }) }))) as Json
}

/** The same with one thing of one event changed. */
export function changed(
  all: readonly (Json | string)[],
  at: number,
  change: (event: Json) => void,
): (Json | string)[] {
  const event = structuredClone(all.at(at)) as Json
  change(event)
  return all.with(at, event)
}
