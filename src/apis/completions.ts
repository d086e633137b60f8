// OpenAI legacy completions. https://platform.openai.com/docs/api-reference/completions
import type OpenAI from 'openai'
import { type Answer, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { makeId, type Said, say, tokensOf } from './content.ts'
import { cutWords } from './cutting.ts'
import { completionLogprobs, lengthOf } from './logprobs.ts'
import { DONE, FINGERPRINT, finishField, openaiFailure, tellsAll, usage, usagePlan } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

/** This format has neither tools nor reasoning. */
const TEXT = { reasoning: false, text: true, calls: 0 } as const

type Choice = OpenAI.CompletionChoice
type Finish = Pick<Choice, 'finish_reason'>

/** Of every choice but in its last chunk. */
const UNFINISHED = { finish_reason: null }

/** A completion, as a stream or whole. It is always text. */
export function completion(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, { ...ask, content: TEXT }, drawn)
  return ask.stream ? completionStream(setup, ask, said) : completionWhole(setup, ask, said)
}

function headOf({ config, createdAt }: Setup, { model }: Ask) {
  return { id: makeId(config, 'cmpl-'), object: 'text_completion', created: createdAt, model } as const
}

function completionWhole(setup: Setup, ask: Ask, said: Said): Answer {
  const { logprobs, prompts } = ask
  const text = said.join('text')
  const choices = Array.from({ length: ask.choices }, (_, index): Choice => {
    const prompt = prompts[index] ?? ''
    return {
      text: prompt + text,
      index,
      logprobs: logprobs === null ? null : wholeLogprobs(said, prompt, logprobs),
      ...(finishField(ask, said) as Finish),
    }
  })
  const answer = {
    ...headOf(setup, ask),
    ...FINGERPRINT,
    choices,
    ...(ask.shape.usage !== 'never' && { usage: usage(setup, ask, said) }),
  }
  return pacedAnswer(answer satisfies OpenAI.Completion, said.upTo)
}

function wholeLogprobs({ pieces, upTo }: Said, prompt: string, most: number): Choice['logprobs'] {
  const tokens = [...cutWords(prompt), ...pieces.slice(0, upTo).map(({ text }) => text)]
  return tokens.length === 0 ? null : completionLogprobs(tokens, most, 0, prompt !== '')
}

/** With `echo` each choice begins with its prompt, in one event. */
function completionStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { logprobs, prompts, shape } = ask
  const { drawn, upTo } = said
  const plan = usagePlan(ask)
  /** Of so many chunks. */
  const usageOf = (count: number): OpenAI.CompletionUsage => usage(setup, ask, tokensOf(said, count))
  const head = { ...headOf(setup, ask), ...(tellsAll(setup) && FINGERPRINT) }
  const indexes = Array.from({ length: ask.choices }, (_, index) => index)
  // Real streams carry null where the types of the SDK know no null: finish_reason, and usage when it was asked for.
  const chunk = (
    index: number,
    text: string,
    finish: Finish | { readonly finish_reason: null },
    likely: Choice['logprobs'] = null,
    total?: OpenAI.CompletionUsage,
  ): string =>
    JSON.stringify({
      ...head,
      choices: [{ text, index, logprobs: likely, ...finish }],
      ...(plan.isField && { usage: total ?? null }),
      ...(!plan.isField && total && { usage: total }),
    })
  const opening = prompts.map((prompt, index): StreamEvent => {
    const likely = logprobs === null ? null : completionLogprobs(cutWords(prompt), logprobs, 0, true)
    return { data: chunk(index, prompt, UNFINISHED, likely), step: 0 }
  })
  const content = function* (): Iterable<StreamEvent> {
    const dataOf = indexes.map((index): ((piece: Piece, step: number) => string) => {
      if (logprobs !== null) return likelySaid(index, logprobs)
      if (plan.inEach) return ({ text }, step) => chunk(index, text, UNFINISHED, null, usageOf(step + 1))
      return remember(({ text }: Piece) => chunk(index, text, UNFINISHED))
    })
    for (const [step, piece] of said.pieces.entries())
      for (const data of dataOf) yield { data: data(piece, step), step, part: 'content' }
  }
  /** No two of them are alike: each tells where it begins. */
  const likelySaid = (index: number, most: number): ((piece: Piece, step: number) => string) => {
    let at = lengthOf(prompts[index] ?? '')
    return ({ text }, step) => {
      const likely = completionLogprobs([text], most, at)
      at += lengthOf(likely.tokens![0]!)
      return chunk(index, text, UNFINISHED, likely, plan.inEach ? usageOf(step + 1) : undefined)
    }
  }
  const finish = finishField(ask, said) as Finish
  const total = plan.inFinish ? usageOf(upTo) : undefined
  const isJoined = shape.joined === true && upTo > 0
  const ending = indexes.map((index): StreamEvent => {
    const last = isJoined ? said.pieces[upTo - 1]!.text : ''
    const data = chunk(index, last, finish, null, total)
    return isJoined ? { data, step: upTo - 1, part: 'content' } : { data, step: upTo, part: 'finish' }
  })
  if (plan.isOwn)
    ending.push({ data: JSON.stringify({ ...head, choices: [], usage: usageOf(upTo) }), step: upTo })
  ending.push({ data: DONE, step: upTo, part: 'done' })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo: isJoined ? upTo - 1 : upTo,
    opening,
    content,
    ending,
    failure: openaiFailure,
  }
}
