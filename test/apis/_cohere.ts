// Strict clients of Cohere's chat, and of Mistral's.
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

function cohereUsage({ billed_units, tokens, cached_tokens }: any): Usage {
  demandEqual(billed_units, tokens, 'what is billed')
  demand(Number.isInteger(cached_tokens), 'tokens from the cache')
  const { input_tokens: prompt, output_tokens: output } = tokens
  return { prompt, output, reasoning: null, total: prompt + output }
}

function addContent(choice: Choice, content: any): void {
  if (content.type === 'thinking') choice.reasoning += content.thinking
  else {
    demandEqual(content.type, 'text', 'the type of a content')
    choice.text += content.text
  }
}

function takeCall(choice: Choice, { id, type, function: called, ...rest }: any): void {
  demandEqual([type, Object.keys(called), rest], ['function', ['name', 'arguments'], {}], 'a call')
  demand(id.startsWith(`${called.name}_`), 'the id of a call begins with its name')
  if (choice.call === null) choice.call = { name: called.name, input: JSON.parse(called.arguments) }
}

/** Text before a call is its plan. */
export function readCohereWhole({ id, message, finish_reason, usage }: any): Said {
  const choice = emptyChoice()
  demandEqual(message.role, 'assistant', 'the role')
  demand(message.content?.length !== 0 && message.tool_calls?.length !== 0, 'no list is empty')
  demand(
    message.tool_plan === undefined || message.tool_calls !== undefined || finish_reason === 'MAX_TOKENS',
    'a plan',
  )
  for (const content of message.content ?? []) addContent(choice, content)
  choice.text += message.tool_plan ?? ''
  for (const call of message.tool_calls ?? []) takeCall(choice, call)
  choice.finish = finish_reason
  return { ...nothingSaid(), id, choices: [choice], usage: cohereUsage(usage), isComplete: true }
}

interface Open {
  readonly what: 'content' | 'tool-call'
  readonly index: number
  readonly type: string
  readonly call: any
  text: string
}

export function readCohereStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const [choice] = said.choices as [Choice]
  /** How many of each there have been. */
  const count = { content: 0, 'tool-call': 0 }
  let open: Open | undefined
  const take = (what: Open['what'], given: any): any => {
    demand(open?.what === what, `a ${what} is open`)
    demandEqual(given.index, open.index, `the index of a ${what}`)
    return open
  }
  return readAll(said, events, ({ event, data }, at) => {
    if (data === '[DONE]') {
      demandEqual(event, undefined, 'the last event has no name')
      demand(choice.finish !== null, 'the reason comes before the end')
      return true
    }
    const given = JSON.parse(data)
    demandEqual(event, given.type, 'the name of an event')
    demandEqual(given.type === 'message-start', at === 0, 'the message starts first')
    const { message } = given.delta ?? {}
    switch (given.type) {
      case 'message-start':
        demandEqual(
          message,
          { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] },
          'a message that starts',
        )
        said.id = given.id
        return undefined
      case 'content-start':
      case 'tool-call-start': {
        const what = given.type.replace('-start', '') as Open['what']
        const { content, tool_calls: call } = message
        demand(open === undefined, 'contents and calls do not overlap')
        demandEqual(given.index, count[what]++, `${what}s are numbered`)
        demandEqual(content?.text ?? content?.thinking ?? call.function.arguments, '', 'what starts is empty')
        open = { what, index: given.index, type: content?.type, call, text: '' }
        return undefined
      }
      case 'content-delta': {
        const { type } = take('content', given)
        const field = type === 'text' ? 'text' : 'thinking'
        demandEqual(Object.keys(message.content), [field], 'what a delta has')
        addContent(choice, { type, ...message.content })
        said.contentEvents++
        return undefined
      }
      case 'tool-plan-delta':
        demand(open === undefined && count['tool-call'] === 0, 'a plan comes before calls')
        choice.text += message.tool_plan
        said.contentEvents++
        return undefined
      case 'tool-call-delta':
        take('tool-call', given).text += message.tool_calls.function.arguments
        said.contentEvents++
        return undefined
      case 'content-end':
      case 'tool-call-end': {
        const { what, call, text } = take(given.type.replace('-end', ''), given) as Open
        if (what === 'tool-call')
          takeCall(choice, { ...call, function: { ...call.function, arguments: text } })
        open = undefined
        return undefined
      }
      case 'citation-start':
      case 'citation-end':
        demand(open?.type === 'text', 'what is cited is a text')
        return undefined
      default: {
        demandEqual(given.type, 'message-end', 'the type of an event')
        if (given.delta.error !== undefined) return { error: given }
        demand(open === undefined && choice.finish === null, 'a message ends once, after all it says')
        choice.finish = given.delta.finish_reason
        said.usage = cohereUsage(given.delta.usage)
        return undefined
      }
    }
  })
}

function mistralUsage({ prompt_tokens: prompt, completion_tokens: output, total_tokens: total }: any): Usage {
  return { prompt, output, reasoning: null, total }
}

/** A text, or thoughts and texts in parts. */
function addMistral(choice: Choice, { content, tool_calls }: any): void {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  for (const { type, text, thinking } of parts) {
    if (type === 'text') choice.text += text
    else {
      demandEqual([type, thinking.length, thinking[0].type], ['thinking', 1, 'text'], 'a thought')
      choice.reasoning += thinking[0].text
    }
  }
  for (const [i, { index, type, id, function: called }] of (tool_calls ?? []).entries()) {
    demandEqual([index, type, typeof id], [i, 'function', 'string'], 'a call')
    choice.call ??= { name: called.name, input: JSON.parse(called.arguments) }
  }
}

export function readMistralWhole({ id, object, model, choices: [given, ...others], usage }: any): Said {
  const choice = emptyChoice()
  demandEqual([object, others.length, given.index], ['chat.completion', 0, 0], 'one choice')
  demandEqual(given.message.role, 'assistant', 'the role')
  demand(given.message.tool_calls === null || given.message.tool_calls.length > 0, 'no list is empty')
  addMistral(choice, given.message)
  choice.finish = given.finish_reason
  return { ...nothingSaid(), id, model, choices: [choice], usage: mistralUsage(usage), isComplete: true }
}

export function readMistralStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const [choice] = said.choices as [Choice]
  const same = sameInAll('id, object, created and model')
  return readAll(said, events, ({ event, data }, at) => {
    demandEqual(event, undefined, 'the name of an event')
    if (data === '[DONE]') {
      demand(choice.finish !== null, 'the reason comes before the end')
      return true
    }
    const chunk = JSON.parse(data)
    if (chunk.error !== undefined) return { error: chunk }
    same([chunk.id, chunk.object, chunk.created, chunk.model])
    ;[said.id, said.model] = [chunk.id, chunk.model]
    const [{ index, delta, finish_reason }, ...others] = chunk.choices
    demandEqual([chunk.object, index, others], ['chat.completion.chunk', 0, []], 'one choice')
    demandEqual(delta.role, at === 0 ? 'assistant' : undefined, 'the role, in the first chunk')
    demand(choice.finish === null, 'nothing follows the end')
    const isLast = finish_reason !== null
    demandEqual(
      [chunk.usage !== undefined, delta.tool_calls !== undefined && !isLast],
      [isLast, false],
      'the end',
    )
    addMistral(choice, delta)
    if (!isLast) said.contentEvents++
    else demandEqual(delta.content, '', 'the last chunk says nothing')
    if (isLast) said.usage = mistralUsage(chunk.usage)
    choice.finish = finish_reason
    return undefined
  })
}
