// A strict client of OpenAI's Responses API.
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
} from './_said.ts'

/** The events of an item, in order, by its type; those of its content between its two halves. */
const SCRIPTS: Readonly<Record<string, { delta: string; before: string[]; after: string[] }>> = {
  message: {
    delta: 'output_text.delta',
    before: ['output_item.added', 'content_part.added'],
    after: ['output_text.done', 'content_part.done', 'output_item.done'],
  },
  reasoning: {
    delta: 'reasoning_summary_text.delta',
    before: ['output_item.added', 'reasoning_summary_part.added'],
    after: ['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
  },
  function_call: {
    delta: 'function_call_arguments.delta',
    before: ['output_item.added'],
    after: ['function_call_arguments.done', 'output_item.done'],
  },
  custom_tool_call: {
    delta: 'custom_tool_call_input.delta',
    before: ['output_item.added'],
    after: ['custom_tool_call_input.done', 'output_item.done'],
  },
}

/** The text that an item has. */
function textOf(item: any): string {
  if (item.type === 'function_call') return item.arguments
  if (item.type === 'custom_tool_call') return item.input
  return item.type === 'message' ? (item.content[0]?.text ?? '') : (item.summary[0]?.text ?? '')
}

/** What one item says. Only the last one of a response that was cut may be incomplete. */
function readItem(choice: Choice, item: any, mayBeCut: boolean): void {
  const isCut = mayBeCut && item.status === 'incomplete'
  const status = isCut ? 'incomplete' : 'completed'
  if (item.type === 'message') {
    demandEqual([item.role, item.status, item.content.length], ['assistant', status, 1], 'a message')
    const [part] = item.content
    demandEqual([part.type, part.annotations], ['output_text', []], 'the part of a message')
    const tokens = part.logprobs.map(({ token }: any) => token).join('')
    demand(part.logprobs.length === 0 || tokens === part.text, 'the tokens are those of the text')
    choice.text = textOf(item)
    return
  }
  if (item.type === 'reasoning') {
    demandEqual(item.status, status, 'the status of reasoning')
    choice.reasoning = textOf(item)
    return
  }
  demandEqual([item.type in SCRIPTS, item.status], [true, status], 'an item')
  demand(item.call_id !== item.id, 'a call and its item have different ids')
  const isJson = item.type === 'function_call' && !isCut
  choice.call = { name: item.name, input: isJson ? JSON.parse(item.arguments) : textOf(item) }
}

/** A response that is at its end. */
function readEnded(said: Said, response: any): void {
  const isShort = response.status === 'incomplete'
  demandEqual(response.object, 'response', 'the object')
  demandEqual(response.error, null, 'the error of a response that has none')
  demandEqual(
    response.incomplete_details,
    isShort ? { reason: 'max_output_tokens' } : null,
    'what is missing',
  )
  demandEqual(response.completed_at, isShort ? null : response.created_at, 'when it was completed')
  for (const [i, item] of response.output.entries())
    readItem(said.choices[0]!, item, isShort && i === response.output.length - 1)
  const ids = response.output.flatMap(({ id, call_id }: any) => [id, ...(call_id ? [call_id] : [])])
  demand(new Set(ids).size === ids.length, 'items and calls have ids of their own')
  const { input_tokens, output_tokens, output_tokens_details, total_tokens } = response.usage
  const reasoning = output_tokens_details.reasoning_tokens
  said.usage = { prompt: input_tokens, output: output_tokens, reasoning, total: total_tokens }
  ;[said.id, said.model] = [response.id, response.model]
  said.choices[0]!.finish = response.status
}

/** What a response repeats of its request is all that is not in here. */
function echoOf({ status, completed_at, incomplete_details, output, usage, ...echo }: any): unknown {
  demand(!('user' in echo) || typeof echo.user === 'string', 'a user is a text or not there')
  return echo
}

export function readResponseWhole(body: any): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()], isComplete: true }
  echoOf(body)
  readEnded(said, body)
  return said
}

export function readResponseStream(events: readonly Event[]): Said {
  const said: Said = { ...nothingSaid(), choices: [emptyChoice()] }
  const [choice] = said.choices as [Said['choices'][0]]
  const same = sameInAll('all but what comes with the end')
  const items: any[] = []
  let open: { item: any; text: string; types: string[] } | undefined
  return readAll(said, events, ({ event, data }, index) => {
    const given = JSON.parse(data)
    demandEqual(event, given.type, 'the name of an event')
    demandEqual(given.sequence_number, index, 'the sequence number')
    if (given.type === 'error') return { error: given }
    const type = given.type.slice('response.'.length)
    if (given.response !== undefined) {
      const { id, model, status, usage, output, completed_at } = given.response
      same(echoOf(given.response))
      ;[said.id, said.model] = [id, model]
      demand(open === undefined, 'a response is told of between items')
      if (index < 2) {
        demandEqual(type, ['created', 'in_progress'][index], 'what begins')
        demandEqual(
          [status, usage, output, completed_at],
          ['in_progress', null, [], null],
          'a response that has begun',
        )
        return undefined
      }
      demandEqual(type, status, 'what ends')
      demandEqual(output, items, 'the output in the end, and as it was streamed')
      const streamed = { ...choice }
      readEnded(said, given.response)
      demandEqual([choice.text, choice.reasoning], [streamed.text, streamed.reasoning], 'the text at the end')
      return true
    }
    demandEqual(given.output_index, items.length, 'the index of an item')
    if (type === 'output_item.added') {
      demand(open === undefined, 'items do not overlap')
      demandEqual(textOf(given.item), '', 'an item that begins is empty')
      demandEqual(given.item.status, 'in_progress', 'the status of an item that begins')
      open = { item: given.item, text: '', types: [type] }
      return undefined
    }
    demand(open !== undefined, `an item is open when there is ${type}`)
    const script = SCRIPTS[open.item.type]!
    if (open.types.at(-1) !== type || type !== script.delta) open.types.push(type)
    demandEqual(given.item_id ?? given.item.id, open.item.id, 'the id of the item')
    const place = given.content_index ?? given.summary_index
    if (place !== undefined) demandEqual(place, 0, 'the index of a part')
    if (type === script.delta) {
      open.text += given.delta
      said.contentEvents++
      if (open.item.type === 'message') choice.text += given.delta
      else if (open.item.type === 'reasoning') choice.reasoning += given.delta
      return undefined
    }
    if (type === 'function_call_arguments.done') demandEqual(given.name, open.item.name, 'the name of a call')
    const part =
      given.part?.text ?? given.text ?? given.arguments ?? given.input ?? (given.item && textOf(given.item))
    demandEqual(part, type.endsWith('.added') ? '' : open.text, `the text of ${type}`)
    if (type !== 'output_item.done') return undefined
    const deltas = open.text === '' ? [] : [script.delta]
    demandEqual(open.types, [...script.before, ...deltas, ...script.after], 'the events of an item')
    items.push(given.item)
    open = undefined
    return undefined
  })
}
