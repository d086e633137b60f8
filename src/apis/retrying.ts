// What a refusal tells clients of when to come back: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, and what the SDKs of OpenAI
// and Anthropic know besides.
import type { Config } from '../config/config.ts'
import type { RetryForm } from '../config/retries.ts'

/** What is to be told, and how. */
export interface Waiting extends Pick<Config, 'retryAfter' | 'shouldRetry'> {
  readonly waitMs: number
  /** When it is told. */
  readonly nowUnixMs: number
}

const forms: Readonly<Record<RetryForm, (waiting: Waiting) => Record<string, string>>> = {
  both: (waiting) => ({ ...forms.seconds(waiting), ...forms.ms(waiting) }),
  seconds: ({ waitMs }) => ({ 'retry-after': String(Math.ceil(waitMs / 1000)) }),
  ms: ({ waitMs }) => ({ 'retry-after-ms': String(Math.ceil(waitMs)) }),
  date: ({ waitMs, nowUnixMs }) => ({ 'retry-after': httpDate(nowUnixMs + waitMs) }),
  past: () => ({ 'retry-after': httpDate(0) }),
  malformed: () => ({ 'retry-after': 'soon' }),
  none: () => ({}),
}

/** With 429 clients are told how long to wait; whether it is worth it, with any status, if that is to be told. */
export function retryHeaders(status: number, waiting: Waiting): Record<string, string> {
  const { retryAfter, shouldRetry } = waiting
  return {
    ...(status === 429 && forms[retryAfter](waiting)),
    ...(shouldRetry !== 'none' && { 'x-should-retry': shouldRetry }),
  }
}

/** In whole seconds, as headers have it, and not too early. */
export function httpDate(unixMs: number): string {
  return new Date(Math.ceil(unixMs / 1000) * 1000).toUTCString()
}
