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
  return readAll(said, events, ({ event, data }) => {
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
    demand(chunk.object === object, `an object of the kind ${object}`)
    same([chunk.id, chunk.object, chunk.created, chunk.model])
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
    demand(given.logprobs === null, 'logprobs are null')
    demand(choice.finish === null, 'nothing of a choice follows its end')
    if (take(choice, given, isFirst)) said.contentEvents++
    choice.finish = given.finish_reason
    return undefined
  })
}

export function readChatStream(events: readonly Event[]): Said {
  const inputs: string[] = []
  const said = readChunks(
    events,
    'chat.completion.chunk',
    (choice, { index, delta, finish_reason }, isFirst) => {
      demandEqual(delta.role, isFirst ? 'assistant' : undefined, 'the role, in the first chunk of a choice')
      const [call] = delta.tool_calls ?? []
      if (finish_reason !== null) {
        demandEqual(delta, isFirst ? { role: 'assistant', content: '' } : {}, 'the delta of an end')
        return false
      }
      demand(isFirst || delta.content !== null, 'content is null in the first chunk alone')
      if (isFirst && typeof delta.content !== 'string') demandEqual(delta.content, null, 'content')
      const kinds = [delta.content ?? undefined, delta.reasoning_content, call]
      demandEqual(kinds.filter((kind) => kind !== undefined).length, 1, 'kinds of content in a chunk')
      choice.text += delta.content ?? ''
      choice.reasoning += delta.reasoning_content ?? ''
      if (call === undefined) return true
      demandEqual(call.index, 0, 'the index of a call')
      if (isFirst) {
        demandEqual(call.type, 'function', 'the type of a call')
        choice.call = { name: call.function.name, input: undefined }
        inputs[index] = call.id
      } else demandEqual(Object.keys(call), ['index', 'function'], 'what a further piece of a call has')
      choice.call!.input = `${(choice.call!.input as string | undefined) ?? ''}${call.function.arguments}`
      return true
    },
  )
  demand(new Set(inputs).size === inputs.length, 'calls have ids of their own')
  return parsed(said)
}

/** The arguments of calls come as text. */
function parsed(said: Said): Said {
  for (const { call } of said.choices)
    if (call && said.error === null && said.isComplete) call.input = JSON.parse(call.input as string)
  return said
}

export function readChatWhole(body: any): Said {
  demandEqual(body.object, 'chat.completion', 'the object')
  const ids: string[] = []
  const choices = body.choices.map(({ index, message, logprobs, finish_reason }: any, i: number): Choice => {
    demandEqual([index, message.role, message.refusal, logprobs], [i, 'assistant', null, null], 'a choice')
    const calls = message.tool_calls ?? []
    demand((message.content === null) === calls.length > 0, 'either content or calls')
    for (const { id, type } of calls) ids.push(`${type} ${id}`)
    return {
      text: message.content ?? '',
      reasoning: message.reasoning_content ?? '',
      call: calls.length === 0 ? null : { name: calls[0].function.name, input: calls[0].function.arguments },
      finish: finish_reason,
    }
  })
  demand(new Set(ids).size === ids.length, 'calls have ids of their own')
  const { id, model } = body
  return parsed({ ...nothingSaid(), id, model, choices, usage: usageOf(body.usage), isComplete: true })
}

export function readCompletionStream(events: readonly Event[]): Said {
  return readChunks(events, 'text_completion', (choice, { text, finish_reason }) => {
    if (finish_reason !== null) demandEqual(text, '', 'the text of an end')
    choice.text += text
    return finish_reason === null
  })
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
