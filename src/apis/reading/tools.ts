// Which tools a reply calls, and with what.
import type { UpstreamSettings } from '../../config/config.ts'
import { BadRequest, type Conversation, type JsonObject } from '../api.ts'
import type { Ask, CallAsk } from '../ask.ts'
import { isObject, MAX_NAME } from '../body.ts'
import { countRounds, isAnswered } from './conversation.ts'
import { objectSchema } from './arguments.ts'
import { ownJson } from './structure.ts'

/** A tool that a request offers. */
export interface Offered {
  readonly name: string
  readonly kind: CallAsk['kind']
  /** The JSON Schema of its arguments; undefined: none is given. */
  readonly schema: unknown
  /** How the request calls the place of the schema; absent: `tools` and the name. */
  readonly param?: string
}

/** The tools of a list, as `read` finds them; what is none is passed over. */
export function readOffered(
  tools: unknown,
  read: (tool: JsonObject, index: number) => Offered | undefined,
): Offered[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool: unknown, index) => {
    const found = isObject(tool) ? read(tool, index) : undefined
    return found !== undefined &&
      typeof found.name === 'string' &&
      found.name !== '' &&
      found.name.length <= MAX_NAME
      ? [found]
      : []
  })
}

/** What a request says of tools. */
export interface ToolChoice {
  readonly offered: readonly Offered[]
  readonly mode: 'none' | 'auto' | 'required'
  /** Only these may be called. */
  readonly names?: readonly string[] | undefined
  /** Several may be called at once. */
  readonly isParallel: boolean
  /** How the request calls what it says of the choice. */
  readonly param: string
}

/**
 * What is called. Only what is offered, and what may be: never with `none`, always with `required`, else as the configuration says. When tools have
 * answered, the reply is text, unless there are to be more rounds; a tool that must be called is then the next one that is offered.
 * @throws BadRequest when a tool must be called that is not offered, or whose schema has no instance
 */
export function decideCalls(
  config: Pick<UpstreamSettings, 'content' | 'toolRounds'>,
  { offered, mode, names, isParallel, param }: ToolChoice,
  conversation: Conversation,
): Pick<Ask, 'content'> & Partial<Pick<Ask, 'calls'>> {
  const { content } = config
  const allowed = names === undefined ? offered : offered.filter(({ name }) => names.includes(name))
  if (names !== undefined && names.length > 0 && offered.length > 0 && allowed.length === 0)
    throw new BadRequest(`Invalid value for '${param}': no tool named '${names[0]}' is offered.`, param)
  const meant = mode === 'required' ? Math.max(1, content.calls) : content.calls
  if (
    allowed.length === 0 ||
    mode === 'none' ||
    meant === 0 ||
    (mode === 'auto' && isDone(config, conversation))
  )
    return noCalls(content)
  const rounds = countRounds(conversation)
  const calls = isParallel ? meant : 1
  const inTurn = Array.from({ length: calls }, (_, i) => callOf(allowed[(rounds + i) % allowed.length]!))
  return {
    content: { reasoning: content.reasoning, text: content.text && content.calls > 0, calls },
    calls: inTurn as unknown as Ask['calls'],
  }
}

/** What a reply consists of that calls no tool. */
function noCalls(content: UpstreamSettings['content']): Pick<Ask, 'content'> {
  return { content: content.calls === 0 && content.text ? content : { ...content, text: true, calls: 0 } }
}

/**
 * Tools have answered as often as they are to be called. Rounds that the request does not hold, since it continues an answer, cannot be counted:
 * then one is enough, or there would be no end.
 */
export function isDone(
  { toolRounds }: Pick<UpstreamSettings, 'toolRounds'>,
  conversation: Conversation,
): boolean {
  const isWhole = conversation.some(({ by }) => by === 'user')
  return isAnswered(conversation) && countRounds(conversation) >= (isWhole ? toolRounds : 1)
}

function callOf({ name, kind, schema, param = `tools (${name})` }: Offered): CallAsk {
  const input = kind === 'custom' ? null : ownJson(objectSchema(schema ?? true), param)
  return { name, kind, input }
}
