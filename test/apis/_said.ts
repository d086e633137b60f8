// What a client has understood of an answer. Readers are strict: whatever no provider would send, they refuse.

/** One event of a stream, taken out of its framing. */
export interface Event {
  /** Its name; undefined where it has none. */
  readonly event: string | undefined
  readonly data: string
}

export interface Usage {
  readonly prompt: number
  readonly output: number
  /** Of the output; null where a format does not tell. */
  readonly reasoning: number | null
  /** As told; the sum where a format does not tell it. */
  readonly total: number
}

export interface Choice {
  text: string
  reasoning: string
  call: { name: string; input: unknown } | null
  finish: string | null
}

export interface Said {
  /** Null where a format has none. */
  id: string | null
  model: string
  readonly choices: Choice[]
  /** Events that carried content; 0 in a whole answer. */
  contentEvents: number
  /** Null where none was told. */
  usage: Usage | null
  /** The error that ended it, as it was sent. */
  error: unknown
  /** The end has come, in the way that the format has one. */
  isComplete: boolean
}

export function nothingSaid(): Said {
  return { id: null, model: '', choices: [], contentEvents: 0, usage: null, error: null, isComplete: false }
}

export function emptyChoice(): Choice {
  return { text: '', reasoning: '', call: null, finish: null }
}

/** Refuses what no provider would send. */
export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not as it should be: ${what}`)
}

/** Two values of one shape, as JSON has them. */
export function demandEqual(got: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(got), JSON.stringify(expected)]
  demand(one === other, `${what}: ${one}, not ${other}`)
}

/** What every event of an answer has in common is the same in each. */
export function sameInAll(what: string): (value: unknown) => void {
  let first: string | undefined
  return (value) => {
    first ??= JSON.stringify(value)
    demandEqual(value, JSON.parse(first), what)
  }
}

/** Reads events until the end or an error; nothing may follow. `read` returns true at the end, and the error where it is one. */
export function readAll(
  said: Said,
  events: readonly Event[],
  read: (event: Event, index: number) => true | { readonly error: unknown } | undefined,
): Said {
  for (const [index, event] of events.entries()) {
    demand(!said.isComplete && said.error === null, `something follows the end: ${event.data}`)
    const end = read(event, index)
    if (end === true) said.isComplete = true
    else if (end !== undefined) said.error = end.error
  }
  return said
}
