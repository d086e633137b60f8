// The servers that the clients are tried against: one per kind of content, answering as the body asks.
import { afterAll, beforeAll } from 'bun:test'
import { serveInProcess } from '../_helpers.ts'
import { chunkTexts } from '../../src/apis/words.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'

export const CHUNKS = 18

/** The text of a reply of so many words. */
export function words(count: number): string {
  return chunkTexts({ chunkBytes: 0, stamp: false }, 'words').slice(0, count).join('')
}

export const text = words(CHUNKS)
/** Of a reasoning reply the first half is reasoning, and the text goes on from there. */
export const half = words(CHUNKS / 2)
export const rest = text.slice(half.length)
/** What is told of a prompt of at most four bytes, or of one that is not looked into. */
export function usageOf(looked = true): { input: number; output: number; total: number } {
  const input = looked ? 1 : 10
  return { input, output: CHUNKS, total: CHUNKS + input }
}

/** A tool, as each provider has it offered. */
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
export const offered = {
  openai: { type: 'function' as const, function: { name: 'look_up', parameters } },
  responses: { type: 'function' as const, name: 'look_up', parameters, strict: false },
  anthropic: { name: 'look_up', input_schema: parameters },
  gemini: { functionDeclarations: [{ name: 'look_up', parametersJsonSchema: parameters }] },
}

/** Starts a server before the tests of this file or group, and ends it after them. */
export function useServer(flags: GivenFlags = {}): { readonly url: string } {
  let running: Running
  beforeAll(() => {
    running = serveInProcess({ reply: 'auto', chunkDelayMs: '1', ...flags })
  })
  afterAll(() => running.stop(0))
  return {
    get url() {
      return `http://127.0.0.1:${running.port}`
    },
  }
}
