// The kinds of faults of lines: what a stream of events may hold by its standard, and clients stumble over. Rows of the table of faults, in
// the order in which they are applied: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { DAY_MS, milliseconds, Unacceptable, wholeNumber } from './parsers.ts'

const everyMs = atLeastOne(milliseconds(DAY_MS), `milliseconds from 1 to ${DAY_MS}`)
const perInterval = (interval: number, _: number, durationMs: number): number => durationMs / interval

export const lineKinds = {
  multiline: { form: 'multiline', help: 'JSON over several data lines', args: [], streamed: true },
  ping: {
    form: 'ping:MS',
    help: "the provider's ping every MS while waiting",
    args: [everyMs],
    group: 'keepalive',
    excludes: ['keepalive'],
    streamed: true,
    pieces: perInterval,
  },
  ids: { form: 'ids', help: 'every event has an id', args: [], streamed: true },
  'no-space': { form: 'no-space', help: 'no space behind the colons of fields', args: [], streamed: true },
  'empty-events': {
    form: 'empty-events',
    help: 'events without data before each event',
    args: [],
    streamed: true,
  },
  retry: {
    form: 'retry:MS',
    help: 'a retry line of MS alone, before all',
    args: [wholeNumber(0, DAY_MS)],
    streamed: true,
  },
  keepalive: {
    form: 'keepalive:MS',
    help: 'a comment line every MS while waiting',
    args: [everyMs],
    group: 'keepalive',
    excludes: ['keepalive'],
    streamed: true,
    pieces: perInterval,
  },
  crlf: {
    form: 'crlf',
    help: 'lines end with CR LF',
    args: [],
    group: 'lines',
    excludes: ['lines'],
    streamed: true,
  },
  cr: {
    form: 'cr',
    help: 'lines end with CR',
    args: [],
    group: 'lines',
    excludes: ['lines'],
    streamed: true,
  },
  'no-last-blank': {
    form: 'no-last-blank',
    help: 'the last event without its empty line',
    args: [],
    streamed: true,
  },
  bom: { form: 'bom', help: 'a byte order mark before all', args: [], streamed: true },
} as const

function atLeastOne(parse: (text: string) => number, accepted: string): (text: string) => number {
  return (text) => {
    const value = parse(text)
    if (value < 1) throw new Unacceptable(accepted)
    return value
  }
}
