// OpenAI moderations: nothing is ever objected to. https://platform.openai.com/docs/api-reference/moderations
import type OpenAI from 'openai'
import { type JsonObject, pacedAnswer, type Setup, type WholeAnswer } from './api.ts'
import type { Ask } from './ask.ts'
import { isObject, readModel, wrongType } from './body.ts'
import { makeId } from './content.ts'

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const satisfies readonly (keyof OpenAI.Moderation.Categories)[]

function ofEach<Value>(value: Value): Record<(typeof CATEGORIES)[number], Value> {
  return Object.fromEntries(CATEGORIES.map((name) => [name, value])) as Record<
    (typeof CATEGORIES)[number],
    Value
  >
}

/** A result for each input. */
export function moderation({ config }: Setup, { model, inputs }: Ask): WholeAnswer {
  const result: OpenAI.Moderation = {
    flagged: false,
    categories: ofEach(false),
    category_scores: ofEach(0.0001),
    category_applied_input_types: ofEach(['text']) as unknown as OpenAI.Moderation.CategoryAppliedInputTypes,
  }
  const results = Array.from({ length: Math.max(1, inputs.length) }, () => result)
  return { ...pacedAnswer({ id: makeId(config, 'modr-'), model, results }, 0), step: 'first' }
}

/** A text is one input, a list of texts as many, and parts of a message are one. */
export function readModeration(body: JsonObject): Partial<Ask> {
  const { input } = body
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  const isOfTexts = inputs.length > 0 && inputs.every((one) => typeof one === 'string')
  if (
    !isOfTexts &&
    !(Array.isArray(input) && inputs.every((one) => isObject(one) && typeof one['type'] === 'string'))
  )
    throw wrongType('input', 'a string, an array of strings, or an array of parts')
  return { ...readModel(body), inputs: isOfTexts ? (inputs as string[]) : [JSON.stringify(input)] }
}
