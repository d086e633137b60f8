// Strict clients of AWS Bedrock: of Converse, and of Anthropic's models that are invoked.
import { messagesIn } from '../replies/_eventstream.ts'
import { readMessageStream } from './_others.ts'
import {
  type Choice,
  demand,
  demandEqual,
  emptyChoice,
  type Event,
  nothingSaid,
  readAll,
  type Said,
  type Usage,
} from './_said.ts'

const SIGNATURE = 'bW9jaw=='

/** The events in a stream. Whatever says nothing is passed over. */
export function eventsIn(bytes: Uint8Array): Event[] {
  return messagesIn(bytes).flatMap(({ headers, data }): Event[] => {
    const { ':message-type': type, ':event-type': event, ':exception-type': exception } = headers
    demandEqual(headers[':content-type'], 'application/json', 'the type of a payload')
    if (event === 'ping') return []
    if (type === 'exception') return [{ event: `${exception}`, data }]
    demandEqual(type, 'event', 'the type of a message')
    return [{ event: `${event}`, data }]
  })
}

function usageOf({ usage, metrics }: any): Usage {
  const { inputTokens, outputTokens, totalTokens, cacheReadInputTokens, cacheWriteInputTokens } = usage
  demand(metrics.latencyMs > 0, 'it took some time')
  const prompt = inputTokens + cacheReadInputTokens + cacheWriteInputTokens
  return { prompt, output: outputTokens, reasoning: null, total: totalTokens }
}

export function readConverseWhole(body: any): Said {
  const { content, role } = body.output.message
  demandEqual(role, 'assistant', 'the role')
  const choice = emptyChoice()
  for (const { text, reasoningContent, toolUse, ...other } of content) {
    demandEqual(other, {}, 'a block has one field')
    if (text !== undefined) choice.text += text
    else if (reasoningContent !== undefined) {
      demandEqual(reasoningContent.reasoningText.signature, SIGNATURE, 'the signature of a thought')
      choice.reasoning += reasoningContent.reasoningText.text
    } else {
      demandEqual(Object.keys(toolUse), ['name', 'toolUseId', 'input'], 'a call')
      choice.call = { name: toolUse.name, input: toolUse.input }
    }
  }
  choice.finish = body.stopReason
  return { ...nothingSaid(), choices: [choice], usage: usageOf(body), isComplete: true }
}

interface Open {
  readonly index: number
  readonly kind: 'text' | 'reasoning' | 'tool'
  readonly name: string
  input: string
  isSigned: boolean
}

export function readConverseStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const [choice] = said.choices as [Choice]
  let blocks = 0
  let open: Open | undefined
  const begin = (kind: Open['kind'], name = ''): Open => {
    demand(choice.finish === null, 'blocks come before the reason')
    return (open ??= { index: blocks, kind, name, input: '', isSigned: false })
  }
  return readAll(said, events, ({ event, data }, at) => {
    const given = JSON.parse(data)
    if (event!.endsWith('Exception')) return { error: { [event!]: given } }
    demandEqual(event === 'messageStart', at === 0, 'a message starts first, and once')
    if (event!.startsWith('contentBlock'))
      demandEqual(given.contentBlockIndex, blocks, 'the index of a block')
    switch (event) {
      case 'messageStart':
        demandEqual(given, { role: 'assistant' }, 'a message that starts')
        return undefined
      case 'contentBlockStart': {
        demand(open === undefined, 'blocks do not overlap')
        demandEqual(Object.keys(given.start), ['toolUse'], 'only tools have a start')
        demandEqual(Object.keys(given.start.toolUse), ['name', 'toolUseId'], 'a tool that starts')
        begin('tool', given.start.toolUse.name)
        return undefined
      }
      case 'contentBlockDelta': {
        const { text, reasoningContent, toolUse } = given.delta
        demandEqual(Object.keys(given.delta).length, 1, 'a delta has one field')
        const block = begin(reasoningContent === undefined ? 'text' : 'reasoning')
        demandEqual(block.isSigned, false, 'nothing follows a signature')
        if (reasoningContent?.signature !== undefined) {
          demandEqual(reasoningContent, { signature: SIGNATURE }, 'the signature of a thought')
          block.isSigned = true
          return undefined
        }
        const kind = toolUse !== undefined ? 'tool' : reasoningContent === undefined ? 'text' : 'reasoning'
        demandEqual(block.kind, kind, 'a delta is of the kind of its block')
        if (kind === 'text') choice.text += text
        else if (kind === 'reasoning') choice.reasoning += reasoningContent.text
        else block.input += toolUse.input
        said.contentEvents++
        return undefined
      }
      case 'contentBlockStop': {
        if (open?.kind === 'tool') choice.call = { name: open.name, input: JSON.parse(open.input) }
        if (open?.kind === 'reasoning') demand(open.isSigned, 'a thought is signed')
        blocks++
        open = undefined
        return undefined
      }
      case 'messageStop':
        demand(open === undefined && choice.finish === null, 'a message ends once, after its blocks')
        choice.finish = given.stopReason
        return undefined
      default:
        demandEqual(event, 'metadata', 'the last event')
        demand(choice.finish !== null, 'the reason comes before the figures')
        said.usage = usageOf(given)
        return true
    }
  })
}

const METRICS = 'amazon-bedrock-invocationMetrics'

/** Each chunk has an event of Anthropic's, and the last of them what Bedrock has counted. */
export function readInvocationStream(events: readonly Event[]): Said {
  const exceptions: Event[] = []
  let counted: any
  const inner = events.flatMap(({ event, data }): Event[] => {
    if (event !== 'chunk') {
      exceptions.push({ event, data })
      return []
    }
    const { bytes, ...other } = JSON.parse(data)
    demandEqual(other, {}, 'what a chunk has')
    const { [METRICS]: metrics, ...given } = JSON.parse(Buffer.from(bytes, 'base64').toString())
    demandEqual(metrics !== undefined, given.type === 'message_stop', 'the figures come last')
    counted ??= metrics
    return [{ event: given.type, data: JSON.stringify(given) }]
  })
  const said = readMessageStream(inner)
  if (exceptions.length > 0) {
    demandEqual([exceptions.length, events.at(-1)], [1, exceptions[0]], 'an exception comes last, and once')
    const [{ event, data }] = exceptions as [Event]
    said.error = { [event!]: JSON.parse(data) }
  }
  if (counted !== undefined) {
    const { inputTokenCount, outputTokenCount, invocationLatency, firstByteLatency } = counted
    demandEqual([inputTokenCount, outputTokenCount], [said.usage?.prompt, said.usage?.output], 'the figures')
    demand(firstByteLatency > 0 && invocationLatency >= firstByteLatency, 'it took some time')
  }
  return said
}
