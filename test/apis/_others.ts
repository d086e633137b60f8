// Strict clients of Anthropic's Messages, of Gemini and of Ollama.
import {
  type Choice,
  demand,
  demandEqual,
  emptyChoice,
  type Event,
  nothingSaid,
  readAll,
  type Said,
  sameInAll,
  type Usage,
} from './_said.ts'

const SIGNATURE = 'bW9jaw=='

function messageUsage({ input_tokens, output_tokens, output_tokens_details }: any): Usage {
  const reasoning = output_tokens_details.thinking_tokens
  return { prompt: input_tokens, output: output_tokens, reasoning, total: input_tokens + output_tokens }
}

function addBlock(choice: Choice, block: any): void {
  if (block.type === 'text') choice.text += block.text
  else if (block.type === 'thinking') {
    demandEqual(block.signature, SIGNATURE, 'the signature of a thought')
    choice.reasoning += block.thinking
  } else {
    demandEqual(block.type, 'tool_use', 'the type of a block')
    choice.call = { name: block.name, input: block.input }
  }
}

export function readMessageWhole(body: any): Said {
  demandEqual([body.type, body.role], ['message', 'assistant'], 'a message')
  const isStopped = body.stop_reason === 'stop_sequence'
  demandEqual(typeof body.stop_sequence, isStopped ? 'string' : 'object', 'the sequence it ends before')
  const choice = emptyChoice()
  for (const block of body.content) addBlock(choice, block)
  choice.finish = body.stop_reason
  const { id, model } = body
  return { ...nothingSaid(), id, model, choices: [choice], usage: messageUsage(body.usage), isComplete: true }
}

/** The kind of delta that a block has, and where its text stands in the delta and in the block. */
const DELTAS: Readonly<Record<string, readonly [type: string, field: string]>> = {
  text: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  tool_use: ['input_json_delta', 'partial_json'],
}

export function readMessageStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const [choice] = said.choices as [Choice]
  let blocks = 0
  let pings = 0
  let open: { block: any; text: string; signature: string; deltas: number } | undefined
  return readAll(said, events, ({ event, data }, at) => {
    const given = JSON.parse(data)
    demandEqual(event, given.type, 'the name of an event')
    if (given.type === 'error') return { error: given }
    demandEqual(given.type === 'message_start', at === 0, 'a message starts first, and once')
    if (given.index !== undefined) demandEqual(given.index, blocks, 'the index of a block')
    switch (given.type) {
      case 'message_start': {
        const { content, stop_reason, usage, id, model, role } = given.message
        demandEqual([content, stop_reason, role], [[], null, 'assistant'], 'a message that starts')
        demandEqual([usage.output_tokens, 'output_tokens_details' in usage], [0, false], 'usage at the start')
        said.usage = { prompt: usage.input_tokens, output: 0, reasoning: null, total: usage.input_tokens }
        ;[said.id, said.model] = [id, model]
        return undefined
      }
      case 'ping':
        demandEqual([++pings, at], [1, 2], 'one ping, after the first block has started')
        return undefined
      case 'content_block_start': {
        demand(open === undefined && choice.finish === null, 'blocks do not overlap')
        const block = given.content_block
        demandEqual(
          block.text ?? block.thinking ?? block.input,
          block.type === 'tool_use' ? {} : '',
          'a block that starts is empty',
        )
        if (block.type === 'thinking') demandEqual(block.signature, '', 'the signature at the start')
        open = { block, text: '', signature: '', deltas: 0 }
        return undefined
      }
      case 'content_block_delta': {
        demand(open !== undefined, 'a delta belongs to a block')
        if (given.delta.type === 'signature_delta') {
          demandEqual([open.block.type, open.signature], ['thinking', ''], 'a thought is signed once')
          open.signature = given.delta.signature
          return undefined
        }
        const [type, field] = DELTAS[open.block.type]!
        demandEqual([given.delta.type, open.signature], [type, ''], 'the type of a delta')
        demandEqual(Object.keys(given.delta), ['type', field], 'what a delta has')
        if (open.block.type === 'tool_use' && open.deltas++ === 0) {
          demandEqual(given.delta[field], '', 'the first piece of an input')
          return undefined
        }
        open.text += given.delta[field]
        if (open.block.type === 'text') choice.text += given.delta[field]
        else if (open.block.type === 'thinking') choice.reasoning += given.delta[field]
        said.contentEvents++
        return undefined
      }
      case 'content_block_stop': {
        demand(open !== undefined, 'what stops has started')
        const { block, text, signature } = open
        if (block.type === 'tool_use') demand(open.deltas > 0, 'an input has a first piece')
        if (block.type === 'tool_use') addBlock(choice, { ...block, input: JSON.parse(text) })
        if (block.type === 'thinking') demandEqual(signature, SIGNATURE, 'the signature of a thought')
        blocks++
        open = undefined
        return undefined
      }
      case 'message_delta': {
        demand(open === undefined && choice.finish === null, 'a message ends once, after its blocks')
        const usage = messageUsage(given.usage)
        demandEqual(usage.prompt, said.usage?.prompt, 'the prompt at the end and at the start')
        said.usage = usage
        choice.finish = given.delta.stop_reason
        return undefined
      }
      default:
        demandEqual(given.type, 'message_stop', 'the last event')
        demand(choice.finish !== null, 'the reason comes before the end')
        return true
    }
  })
}

function geminiUsage(told: any): Usage {
  const reasoning = told.thoughtsTokenCount ?? 0
  demand(told.thoughtsTokenCount !== 0, 'no thoughts are not told of')
  const output = told.candidatesTokenCount + reasoning
  return { prompt: told.promptTokenCount, output, reasoning, total: told.totalTokenCount }
}

function addParts(choice: Choice, body: any): void {
  const [candidate, ...others] = body.candidates
  demandEqual([others.length, candidate.index, candidate.content.role], [0, 0, 'model'], 'one candidate')
  for (const { text, thought, functionCall } of candidate.content.parts) {
    if (functionCall !== undefined) {
      demandEqual([choice.call, text], [null, undefined], 'one call, in a part of its own')
      choice.call = { name: functionCall.name, input: functionCall.args }
    } else if (thought === true) choice.reasoning += text
    else choice.text += text
  }
  choice.finish = candidate.finishReason ?? null
}

export function readGeminiStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const same = sameInAll('responseId and modelVersion')
  return readAll(said, events, ({ event, data }) => {
    demandEqual(event, undefined, 'the name of an event')
    const given = JSON.parse(data)
    if (given.error !== undefined) return { error: given }
    same([given.responseId, given.modelVersion])
    ;[said.id, said.model] = [given.responseId, given.modelVersion]
    addParts(said.choices[0]!, given)
    const isLast = said.choices[0]!.finish !== null
    demandEqual(given.usageMetadata !== undefined, isLast, 'the usage comes with the reason')
    if (!isLast) {
      said.contentEvents++
      return undefined
    }
    said.usage = geminiUsage(given.usageMetadata)
    return true
  })
}

export function readGeminiWhole(body: any): Said {
  const choice = emptyChoice()
  addParts(choice, body)
  const said = { ...nothingSaid(), id: body.responseId, model: body.modelVersion, choices: [choice] }
  return { ...said, usage: geminiUsage(body.usageMetadata), isComplete: true }
}

/** Chat says it in a message, generate at the top. */
function addLine(said: Said, line: any): void {
  const [choice] = said.choices as [Choice]
  const { message } = line
  if (message !== undefined) demandEqual(message.role, 'assistant', 'the role')
  choice.text += message === undefined ? line.response : message.content
  choice.reasoning += (message ?? line).thinking ?? ''
  for (const call of message?.tool_calls ?? []) {
    demandEqual(choice.call, null, 'one call')
    choice.call = { name: call.function.name, input: call.function.arguments }
  }
  ;[said.model] = [line.model]
  if (!line.done) return
  const { prompt_eval_count: prompt, eval_count: output, done_reason } = line
  choice.finish = done_reason
  said.usage = { prompt, output, reasoning: null, total: prompt + output }
  said.isComplete = true
  demand(message !== undefined || Array.isArray(line.context), 'what is generated ends with its context')
}

export function readOllamaStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const same = sameInAll('model and created_at')
  return readAll(said, events, ({ event, data }) => {
    demandEqual(event, undefined, 'the name of an event')
    const line = JSON.parse(data)
    if (line.error !== undefined) return { error: line }
    same([line.model, line.created_at])
    const text = said.choices[0]!.text
    demand(typeof line.done === 'boolean', 'a line says whether it is the last')
    if (!line.done) demandEqual([line.done_reason, line.eval_count], [undefined, undefined], 'a line')
    addLine(said, line)
    if (line.done) demandEqual(said.choices[0]!.text, text, 'the last line says nothing')
    else if (line.message?.tool_calls === undefined) said.contentEvents++
    return said.isComplete ? true : undefined
  })
}

export function readOllamaWhole(body: any): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  addLine(said, body)
  return said
}
