// The one table of options. Flags, environment variables, help, the manual's tables and the Config type follow from it.
import { contentForms, parseContent } from './contents.ts'
import { parseDelayJitter, parseJitter } from './jitter.ts'
import { parseText, textNames } from './texts.ts'
import { parseFaultPlan } from './patterns.ts'
import { parseProfile, profiles } from './profiles.ts'
import {
  among,
  anyText,
  DAY_MS,
  milliseconds,
  oneOf,
  orNone,
  parseKey,
  parseModels,
  parseRate,
  parseToolName,
  percentage,
  wholeNumber,
  yesOrNo,
} from './parsers.ts'
import { retryForms } from './retries.ts'
import { run, typed, upstream } from './scopes.ts'
import { servingOptions } from './servingoptions.ts'

/** The rows of a topic stand together. */
export const options = {
  ...servingOptions,
  reply: upstream('replies', {
    value: 'KIND',
    default: 'stream',
    help: 'stream, json (always whole) or auto (as the body asks)',
    parse: oneOf('stream', 'json', 'auto'),
  }),
  content: upstream('replies', {
    value: 'KIND',
    default: 'text',
    help: 'text, tools[:N], reasoning, text+tools or reasoning+tools',
    parse: among(contentForms, parseContent),
  }),
  text: upstream('replies', {
    value: 'KIND',
    default: 'words',
    help: 'words, unicode, code, short, long, echo or @FILE (a text)',
    parse: among(textNames, parseText),
  }),
  chunkCount: upstream('replies', {
    short: 'c',
    value: 'N',
    default: '18',
    help: 'content chunks per reply; 0 = an empty completion',
    parse: wholeNumber(0, 1_000_000),
  }),
  chunkBytes: upstream('replies', {
    value: 'N',
    default: '0',
    help: 'bytes of text per content chunk; 0 = one word each',
    parse: wholeNumber(0, 65_536),
  }),
  toolName: upstream('replies', {
    value: 'NAME',
    default: 'get_weather',
    help: 'the tool that replies call, with --content tools',
    parse: parseToolName,
  }),
  model: upstream('replies', {
    value: 'NAMES',
    default: 'mock-model',
    help: 'models, separated by commas; replies name the first',
    parse: parseModels,
  }),
  strictModels: upstream('replies', {
    default: 'false',
    help: 'with --reply auto: refuse models that are not in --model',
    parse: yesOrNo,
  }),
  replies: upstream('replies', {
    value: 'FILE',
    default: '',
    help: 'with --reply auto: rules for answers of your own',
    parse: anyText,
  }),
  repliesStrict: upstream('replies', {
    default: 'false',
    help: 'what no rule of --replies is for gets 404',
    parse: yesOrNo,
  }),
  toolRounds: upstream('replies', {
    value: 'N',
    default: '1',
    help: 'with --reply auto: rounds of tool calls before there is text',
    parse: wholeNumber(0, 1000),
  }),
  cachedTokens: upstream('replies', {
    value: 'PERCENT',
    default: '0',
    help: 'how much of a prompt the provider had in its cache',
    parse: percentage,
  }),
  uniqueIds: upstream('replies', {
    default: 'false',
    help: 'a fresh id for every reply, of constant width',
    parse: yesOrNo,
  }),
  providerHeaders: upstream('replies', {
    default: 'false',
    help: "send each provider's request-id, timing and rate-limit headers",
    parse: yesOrNo,
  }),
  embeddingDimensions: upstream('replies', {
    value: 'N',
    default: '1536',
    help: 'length of an embedding',
    parse: wholeNumber(1, 16_384),
  }),
  chunkDelayMs: upstream('timing', {
    short: 'd',
    value: 'MS',
    default: '50',
    help: 'delay between chunks, as in 0.5; 0 = as fast as possible',
    parse: milliseconds(DAY_MS),
  }),
  ttftMs: upstream('timing', {
    value: 'MS',
    default: { like: 'chunkDelayMs' },
    help: 'delay before the first chunk (TTFT)',
    parse: milliseconds(DAY_MS),
  }),
  preambleMs: upstream('timing', {
    value: 'MS',
    default: 'none',
    help: 'when headers and opening events leave',
    parse: orNone(milliseconds(DAY_MS)),
  }),
  ttftJitter: upstream('timing', {
    value: 'MODEL',
    default: 'none',
    help: 'how the TTFT varies, as in lognormal:0.3',
    parse: parseDelayJitter,
  }),
  chunkDelayJitter: upstream('timing', {
    value: 'MODEL',
    default: 'none',
    help: 'how the delay between chunks varies, as in uniform:0.2',
    parse: parseDelayJitter,
  }),
  chunkCountJitter: upstream('timing', {
    value: 'MODEL',
    default: 'none',
    help: 'how the number of chunks varies, as in normal:0.1',
    parse: parseJitter,
  }),
  profile: upstream('timing', {
    value: 'NAME',
    default: 'none',
    help: `timing of ${Object.keys(profiles).join(', ')}`,
    parse: parseProfile,
  }),
  seed: upstream('timing', {
    value: 'N',
    default: '1',
    help: 'same seed and settings, same sequence of replies per worker',
    parse: wholeNumber(0, 4_294_967_295),
  }),
  fault: upstream('faults', {
    value: 'LIST',
    default: '',
    help: 'fail on purpose: KIND[:ARG…][@RATE],… or a script: help faults',
    parse: parseFaultPlan,
  }),
  honor: upstream('faults', {
    value: 'WHAT',
    default: 'none',
    help: 'fault: the request header X-Test-Pattern picks a fault',
    parse: oneOf('none', 'fault'),
  }),
  closeAfter: run('faults', {
    value: 'K',
    default: '0',
    help: 'connections end after K replies, unsaid (--engine socket)',
    parse: wholeNumber(0, 1_000_000_000),
  }),
  apiKey: upstream('limits', {
    value: 'KEY',
    default: '',
    help: 'accept this key only; without it any key or none will do',
    secret: true,
    parse: parseKey,
  }),
  maxBodyBytes: upstream('limits', {
    value: 'N',
    default: '0',
    help: 'larger request bodies get 413; 0 = any size',
    parse: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  }),
  maxHeadBytes: run('limits', {
    value: 'N',
    default: '65536',
    help: 'larger request heads get 431 (with --engine socket)',
    parse: wholeNumber(1024, 16_777_216),
  }),
  rateLimit: upstream('limits', {
    value: 'N/S',
    default: 'none',
    help: 'requests per second, as in 100/s; further ones get 429',
    parse: parseRate,
  }),
  maxOpen: upstream('limits', {
    value: 'N',
    default: '0',
    help: 'replies under way at once; more get 429; 0 = no limit',
    parse: wholeNumber(0, 10_000_000),
  }),
  retryAfterMs: upstream('limits', {
    value: 'MS',
    default: '1000',
    help: 'the wait a 429 asks for, unless --rate-limit knows better',
    parse: milliseconds(DAY_MS),
  }),
  retryAfter: upstream('limits', {
    value: 'FORM',
    default: 'both',
    help: 'that in both, seconds, ms, date, past, malformed or none',
    parse: oneOf(...retryForms),
  }),
  shouldRetry: upstream('limits', {
    value: 'WORD',
    default: 'none',
    help: 'x-should-retry of refusals: true, false or none',
    parse: oneOf('true', 'false', 'none'),
  }),
  stamp: upstream('numbers', {
    default: 'false',
    help: "each chunk's text is its number and the time of its writing",
    parse: yesOrNo,
  }),
  report: run('numbers', {
    value: 'FILE',
    default: '',
    help: 'write the summary as JSON to this file at the end',
    parse: anyText,
  }),
  journal: run('numbers', {
    value: 'N',
    default: '0',
    help: 'keep the last N requests of each worker: help journal',
    parse: wholeNumber(0, 1_000_000),
  }),
  journalBytes: run('numbers', {
    value: 'N',
    default: '67108864',
    help: 'what they may take of the memory of a worker',
    parse: wholeNumber(1_048_576, 17_179_869_184),
  }),
  quiet: run('numbers', {
    default: 'false',
    help: 'errors only, and the address when its port is 0',
    parse: yesOrNo,
  }),
  printConfig: typed('numbers', {
    default: 'false',
    help: 'print what all options come to, as JSON, and serve nothing',
    parse: yesOrNo,
  }),
}

export type OptionName = keyof typeof options
