// Models that are invoked on AWS Bedrock, which answer as Anthropic's do: a stream has each event of theirs in base64.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
import type Anthropic from '@anthropic-ai/sdk'
import { message } from './anthropic.ts'
import type { Answer, Setup, StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { latencyMs, streamException } from './bedrockservice.ts'
import { remember } from './remember.ts'

/** Bedrock tells at the end what it has counted. */
interface LastEvent extends Anthropic.RawMessageStopEvent {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: number
    outputTokenCount: number
    invocationLatency: number
    firstByteLatency: number
  }
}

/** `POST /model/{model}/invoke`, and `/invoke-with-response-stream`. */
export function invocation(setup: Setup, ask: Ask, drawn: number): Answer {
  const given = message(ask.stream ? withoutMarks(setup) : setup, ask, drawn)
  if (given.kind !== 'stream') return given
  const { ping: _, ...answer } = given // there are none on Bedrock
  const wrap = remember((data: string) => JSON.stringify({ bytes: Buffer.from(data).toString('base64') }))
  const wrapOne = ({ data, ...event }: StreamEvent): StreamEvent => {
    return { ...event, event: 'chunk', data: wrap(data) }
  }
  const last: LastEvent = {
    type: 'message_stop',
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: ask.promptTokens,
      outputTokenCount: answer.upTo,
      invocationLatency: latencyMs(setup.config, answer.upTo),
      firstByteLatency: latencyMs(setup.config, 0),
    },
  }
  const ending = answer.ending.map((event): StreamEvent => {
    return event.part === 'done' ? { ...event, data: JSON.stringify(last) } : event
  })
  return {
    ...answer,
    framing: 'eventstream',
    opening: answer.opening.map(wrapOne),
    content: function* () {
      for (const event of answer.content()) yield wrapOne(event)
    },
    ending: ending.map(wrapOne),
    failure: streamException,
  }
}

/** In base64 nothing can be filled in: ids are those of the run, and no chunk is stamped. */
function withoutMarks({ config, ...setup }: Setup): Setup {
  return { ...setup, config: { ...config, uniqueIds: false, reply: 'stream', stamp: false } }
}
