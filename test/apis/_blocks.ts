// What a client puts together of Anthropic's messages, block by block, streamed and whole. Events that are out of order are refused.
import { demand, demandEqual, type Event } from './_said.ts'

export interface Block {
  readonly type: string
  /** The text, the thought, or the JSON of an input as far as it came. */
  readonly text: string
  readonly name?: string
  readonly id?: string
}

export interface Blocks {
  readonly blocks: readonly Block[]
  readonly reason: string
  readonly sequence: string | null
  /** As told at the end; where it is told at the beginning too, it is the same but for the output. */
  readonly usage: Readonly<Record<string, any>>
}

const TEXT_OF: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
}
const DELTA_OF: Readonly<Record<string, string>> = {
  text: 'text_delta',
  thinking: 'thinking_delta',
  tool_use: 'input_json_delta',
}

export function blocksOfStream(events: readonly Event[]): Blocks {
  const given = events.map(({ data }) => JSON.parse(data)).filter(({ type }) => type !== 'ping')
  const [start, ...rest] = given
  const [end, stop] = rest.splice(-2)
  demandEqual(
    [start.type, end.type, stop.type],
    ['message_start', 'message_delta', 'message_stop'],
    'the events around the blocks',
  )
  const blocks: Block[] = []
  while (rest.length > 0) {
    const begin = rest.shift()
    demandEqual([begin.type, begin.index], ['content_block_start', blocks.length], 'a block begins')
    const { type, name, id } = begin.content_block
    let text = ''
    let isSigned = false
    for (let one = rest.shift(); one?.type !== 'content_block_stop'; one = rest.shift()) {
      demandEqual([one?.type, one?.index], ['content_block_delta', blocks.length], 'a piece of a block')
      if (one.delta.type === 'signature_delta') isSigned = true
      else {
        demandEqual([one.delta.type, isSigned], [DELTA_OF[type], false], 'the type of a piece')
        text += one.delta[TEXT_OF[one.delta.type]!]
      }
    }
    demandEqual(isSigned, type === 'thinking', 'thoughts are signed')
    blocks.push({ type, text, ...(name !== undefined && { name, id }) })
  }
  const { output_tokens: _none, ...atStart } = start.message.usage
  for (const [field, value] of Object.entries(end.usage))
    if (field in atStart) demandEqual(value, atStart[field], `${field}, at the beginning and at the end`)
  demandEqual([start.message.content, start.message.stop_reason], [[], null], 'a message that begins')
  const { stop_reason: reason, stop_sequence: sequence } = end.delta
  return { blocks, reason, sequence, usage: { ...atStart, ...end.usage } }
}

export function blocksOfWhole(body: any): Blocks {
  demandEqual([body.type, body.role], ['message', 'assistant'], 'a message')
  const blocks = body.content.map(({ type, text, thinking, signature, input, name, id }: any): Block => {
    demand(type in DELTA_OF, `a block of the type ${type}`)
    if (type === 'thinking') demand(signature !== '', 'thoughts are signed')
    if (type === 'tool_use') return { type, text: JSON.stringify(input), name, id }
    return { type, text: type === 'text' ? text : thinking }
  })
  return { blocks, reason: body.stop_reason, sequence: body.stop_sequence, usage: body.usage }
}
