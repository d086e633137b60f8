// The process of a mock that the library has started: until it serves, what it complains about, and its numbers.
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often to look whether it serves, and how long at most, ms: a start takes about 0.2 s. */
const LOOK_MS = 5
const PATIENCE_MS = 30_000
/** So much of what it complains about is kept, in characters, for the message of an error. */
const MOST_COMPLAINTS = 4_096

/** What the program says on the command line, in the same words. */
export class MockError extends Error {
  override readonly name = 'MockError'
}

/** Resolves when the process has ended, or could not be started at all. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

/**
 * Waits for the ready file and reads it. What the process writes to stderr until then is the message if it ends instead; what it
 * writes later is handed on to ours.
 * @throws MockError
 */
export async function waitUntilReady<Ready>(child: ChildProcess, readyFile: string): Promise<Ready> {
  let complaints = ''
  let isReady = false
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (isReady) process.stderr.write(text)
    else complaints = (complaints + text).slice(0, MOST_COMPLAINTS)
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const deadline = performance.now() + PATIENCE_MS
  while (!existsSync(readyFile)) {
    if (failure !== undefined) throw new MockError(`cannot start ${child.spawnfile}: ${failure.message}`)
    if (child.exitCode !== null || child.signalCode !== null) {
      await closed // with all it has said
      throw new MockError(sayingOf(complaints) || `it ended at once (${child.exitCode ?? child.signalCode})`)
    }
    if (performance.now() > deadline)
      throw new MockError(
        `it does not serve after ${PATIENCE_MS / 1000} s: ${sayingOf(complaints) || 'it says nothing'}`,
      )
    await sleep(LOOK_MS)
  }
  isReady = true
  if (complaints !== '') process.stderr.write(complaints)
  return JSON.parse(readFileSync(readyFile, 'utf8')) as Ready
}

/** Without the name that stands before each line of the program. */
function sayingOf(complaints: string): string {
  return complaints.replace(/^mock-llm-api: /gm, '').trim()
}

/** The JSON that the mock answers. It is ours, so its certificate is not checked. @throws Error when it does not answer so */
export function ask<Answer>(method: string, url: string): Promise<Answer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      answer.on('error', reject).on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text) as Answer)
        else reject(new Error(`${method} ${url} answers ${answer.statusCode}: ${text}`))
      })
    })
    sent.on('error', reject).end()
  })
}
