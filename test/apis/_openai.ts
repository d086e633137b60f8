// Strict clients of OpenAI chat and legacy completions.
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

/** A call of a tool. Arguments are what they say, where they are whole; the input of a custom tool is text. */
export interface Call {
  readonly kind: 'function' | 'custom' | 'legacy'
  readonly id: string | null
  readonly name: string
  input: unknown
}

/** All that a choice says, where there may be several calls, and probabilities. */
export interface Detail {
  calls: Call[]
  /** Of each token; null where none are told. */
  logprobs: any[] | null
}

export interface Detailed {
  readonly said: Said
  readonly details: readonly Detail[]
}

interface Told {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  completion_tokens_details: { reasoning_tokens: number }
}

function usageOf(told: Told): Usage {
  return {
    prompt: told.prompt_tokens,
    output: told.completion_tokens,
    reasoning: told.completion_tokens_details.reasoning_tokens,
    total: told.total_tokens,
  }
}

/** Both formats are streamed alike: chunks of choices, then the usage, then `[DONE]`. `take` returns whether it was content. */
function readChunks(
  events: readonly Event[],
  object: string,
  take: (choice: Choice, chunk: any, isFirst: boolean) => boolean,
): Said {
  const said = nothingSaid()
  const same = sameInAll('id, object, created and model')
  const nulls: boolean[] = []
  return readAll(said, events, ({ event, data }, number) => {
    demand(event === undefined, 'no event has a name')
    const isFinished = said.choices.length > 0 && said.choices.every(({ finish }) => finish !== null)
    if (data === '[DONE]') {
      demand(isFinished, 'every choice ends before [DONE]')
      demand(new Set(nulls).size === 1, 'usage is null in every chunk, or in none')
      demand(nulls[0] === (said.usage !== null), 'usage is null before it is told')
      return true
    }
    const chunk = JSON.parse(data)
    if (chunk.error !== undefined) return { error: chunk }
    if (chunk.prompt_filter_results !== undefined) {
      demandEqual([number, chunk.choices], [0, []], 'what is told of a prompt, before anything else')
      return undefined
    }
    demand(chunk.object === object, `an object of the kind ${object}`)
    same([chunk.id, chunk.object, chunk.created, chunk.model, chunk.system_fingerprint, chunk.service_tier])
    ;[said.id, said.model] = [chunk.id, chunk.model]
    if (chunk.choices.length === 0) {
      demand(isFinished && said.usage === null, 'the usage is told once, after every choice has ended')
      said.usage = usageOf(chunk.usage)
      return undefined
    }
    nulls.push(chunk.usage === null)
    demandEqual(chunk.choices.length, 1, 'choices in a chunk')
    const [given] = chunk.choices
    const isFirst = said.choices[given.index] === undefined
    if (isFirst) demandEqual(given.index, said.choices.length, 'choices begin in order')
    const choice = (said.choices[given.index] ??= emptyChoice())
    demand(given.logprobs !== undefined, 'logprobs are told, or null')
    demand(choice.finish === null, 'nothing of a choice follows its end')
    if (take(choice, given, isFirst)) said.contentEvents++
    choice.finish = given.finish_reason
    return undefined
  })
}

/** A chat stream with all that it says. */
export function readChatStreamDetails(events: readonly Event[]): Detailed {
  const details: Detail[] = []
  const said = readChunks(
    events,
    'chat.completion.chunk',
    (choice, { index, delta, finish_reason, logprobs }, isFirst) => {
      demandEqual(delta.role, isFirst ? 'assistant' : undefined, 'the role, in the first chunk of a choice')
      const detail = (details[index] ??= { calls: [], logprobs: null })
      if (finish_reason !== null) {
        demandEqual(delta, isFirst ? { role: 'assistant', content: '' } : {}, 'the delta of an end')
        demandEqual(logprobs, null, 'the logprobs of an end')
        return false
      }
      demand(isFirst || delta.content !== null, 'content is null in the first chunk alone')
      if (isFirst && typeof delta.content !== 'string') demandEqual(delta.content, null, 'content')
      const kinds = [
        delta.content ?? undefined,
        delta.reasoning_content,
        delta.tool_calls,
        delta.function_call,
      ]
      demandEqual(kinds.filter((kind) => kind !== undefined).length, 1, 'kinds of content in a chunk')
      choice.text += delta.content ?? ''
      demandEqual(delta.reasoning, delta.reasoning_content, 'both names of reasoning')
      choice.reasoning += delta.reasoning_content ?? ''
      if (logprobs !== null) {
        demandEqual([logprobs.refusal, logprobs.content.length], [null, 1], 'the logprobs of a chunk')
        demandEqual(logprobs.content[0].token, delta.content, 'the token of a chunk')
        ;(detail.logprobs ??= []).push(...logprobs.content)
      }
      if (delta.tool_calls !== undefined) demandEqual(delta.tool_calls.length, 1, 'calls in a chunk')
      if (delta.tool_calls !== undefined) takeFragment(detail.calls, delta.tool_calls[0])
      if (delta.function_call !== undefined) takeLegacy(detail.calls, delta.function_call)
      return true
    },
  )
  return parsed(said, details)
}

/** The first fragment of a call names it; further ones have nothing but text. */
function takeFragment(calls: Call[], { index, id, type, ...rest }: any): void {
  const kind = rest.custom === undefined ? 'function' : 'custom'
  demandEqual(Object.keys(rest), [kind], 'what a fragment has')
  const { name, input, arguments: args } = rest[kind]
  demandEqual(Object.keys(rest[kind]).at(-1), kind === 'custom' ? 'input' : 'arguments', 'where the text is')
  const begun = calls[index]
  if (begun === undefined) {
    demandEqual([index, type, typeof id, typeof name], [calls.length, kind, 'string', 'string'], 'a call')
    calls.push({ kind, id, name, input: input ?? args })
  } else {
    demandEqual([type, id, name], [undefined, undefined, undefined], 'what a further piece of a call has')
    demandEqual(begun.kind, kind, 'the kind of a call')
    begun.input = (begun.input as string) + (input ?? args)
  }
}

function takeLegacy(calls: Call[], { name, arguments: args }: any): void {
  const [begun] = calls
  demandEqual(name === undefined, begun !== undefined, 'the first fragment has the name')
  if (begun === undefined) calls.push({ kind: 'legacy', id: null, name, input: args })
  else begun.input = (begun.input as string) + args
}

export function readChatStream(events: readonly Event[]): Said {
  return plain(readChatStreamDetails(events))
}

/** Without what only some ask for. */
function plain({ said, details }: Detailed): Said {
  for (const { logprobs } of details) demandEqual(logprobs, null, 'logprobs')
  return said
}

/** The arguments of calls come as text. What the limit of tokens cuts need not be JSON, nor what is not complete. */
function parsed(said: Said, details: Detail[]): Detailed {
  const ids = details.flatMap(({ calls }) => calls.flatMap(({ id }) => (id === null ? [] : [id])))
  demand(new Set(ids).size === ids.length, 'calls have ids of their own')
  for (const [index, { calls }] of details.entries()) {
    const { finish } = said.choices[index]!
    for (const call of calls) {
      if (call.kind === 'custom' || said.error !== null || !said.isComplete) continue
      const isJson = isJsonText(call.input as string)
      demand(isJson || finish === 'length', 'arguments are JSON')
      if (isJson) call.input = JSON.parse(call.input as string)
    }
    const [first] = calls
    said.choices[index]!.call = first === undefined ? null : { name: first.name, input: first.input }
  }
  return { said, details }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A whole chat with all that it says. */
export function readChatWholeDetails(body: any): Detailed {
  demandEqual(body.object, 'chat.completion', 'the object')
  const details: Detail[] = []
  const choices = body.choices.map(({ index, message, logprobs, finish_reason }: any, i: number): Choice => {
    demandEqual([index, message.role, message.refusal], [i, 'assistant', null], 'a choice')
    demandEqual(message.annotations, [], 'annotations')
    const calls = (message.tool_calls ?? []).map(({ id, type, ...rest }: any): Call => {
      demandEqual(Object.keys(rest), [type], 'what a call has')
      return { kind: type, id, name: rest[type].name, input: rest[type].arguments ?? rest[type].input }
    })
    const legacy = message.function_call
    if (legacy !== undefined)
      calls.push({ kind: 'legacy', id: null, name: legacy.name, input: legacy.arguments })
    demand(message.content !== null || calls.length > 0 || finish_reason === 'length', 'content or calls')
    demand(message.tool_calls === undefined || message.tool_calls.length > 0, 'no empty list of calls')
    if (logprobs !== null) demandEqual(logprobs.refusal, null, 'the logprobs of a refusal')
    demandEqual(message.reasoning, message.reasoning_content, 'both names of reasoning')
    details.push({ calls, logprobs: logprobs?.content ?? null })
    return {
      text: message.content ?? '',
      reasoning: message.reasoning_content ?? '',
      call: null,
      finish: finish_reason,
    }
  })
  const { id, model } = body
  const said = { ...nothingSaid(), id, model, choices, usage: usageOf(body.usage), isComplete: true }
  return parsed(said, details)
}

export function readChatWhole(body: any): Said {
  return plain(readChatWholeDetails(body))
}

/** A stream of completions: what is told of tokens is put together for each choice, and what comes before the content is its prompt. */
export function readCompletionStreamDetails(events: readonly Event[]): { said: Said; logprobs: any[] } {
  const logprobs: any[] = []
  const said = readChunks(
    events,
    'text_completion',
    (choice, { index, text, finish_reason, logprobs: told }) => {
      if (finish_reason !== null) demandEqual([text, told], ['', null], 'the text and logprobs of an end')
      choice.text += text
      if (told !== null) {
        demandEqual(told.tokens.join(''), text, 'the tokens of a chunk')
        const all = (logprobs[index] ??= {})
        for (const name of Object.keys(told)) (all[name] ??= []).push(...told[name])
      }
      return finish_reason === null
    },
  )
  return { said, logprobs }
}

export function readCompletionStream(events: readonly Event[]): Said {
  const { said, logprobs } = readCompletionStreamDetails(events)
  demandEqual(logprobs, [], 'logprobs')
  return said
}

export function readCompletionWhole(body: any): Said {
  demandEqual(body.object, 'text_completion', 'the object')
  const choices = body.choices.map(({ index, text, logprobs, finish_reason }: any, i: number): Choice => {
    demandEqual([index, logprobs], [i, null], 'a choice')
    return { ...emptyChoice(), text, finish: finish_reason }
  })
  const { id, model } = body
  return { ...nothingSaid(), id, model, choices, usage: usageOf(body.usage), isComplete: true }
}
