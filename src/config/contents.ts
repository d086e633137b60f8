// What replies consist of: from text to data.
import { nearNames, orList } from './nearest.ts'
import { Unacceptable } from './parsers.ts'

/** Of which parts a reply consists, in this order. */
export interface Content {
  readonly reasoning: boolean
  readonly text: boolean
  /** How many calls of tools. */
  readonly calls: number
}

/** More calls at once nobody has seen. */
const MAX_CALLS = 16

const forms: Readonly<Record<string, Omit<Content, 'calls'>>> = {
  text: { reasoning: false, text: true },
  reasoning: { reasoning: true, text: true },
  tools: { reasoning: false, text: false },
  'text+tools': { reasoning: false, text: true },
  'reasoning+tools': { reasoning: true, text: false },
}

/** The forms as they are typed. */
export const contentForms = Object.keys(forms)

const ACCEPTED = `${contentForms.join(', ')}, or a form with tools and how many calls (1 to ${MAX_CALLS}), as in tools:2`

/** `text`, `reasoning` (and then text), `tools[:N]`, `text+tools[:N]`, `reasoning+tools[:N]`. */
export function parseContent(given: string): Content {
  const [, name = given, digits] = /^(.*tools):(\d{1,2})$/.exec(given) ?? []
  const calls = digits === undefined ? 1 : Number(digits)
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined
  if (form === undefined || calls < 1 || calls > MAX_CALLS) {
    const near = form === undefined ? nearNames(name, contentForms) : []
    throw new Unacceptable(near.length === 0 ? ACCEPTED : `${ACCEPTED}; did you mean ${orList(near)}?`)
  }
  return { ...form, calls: name.endsWith('tools') ? calls : 0 }
}

/** As it is typed. */
export function contentText({ reasoning, text, calls }: Content): string {
  if (calls === 0) return reasoning ? 'reasoning' : 'text'
  const before = reasoning ? 'reasoning+' : text ? 'text+' : ''
  return `${before}tools${calls === 1 ? '' : `:${calls}`}`
}
