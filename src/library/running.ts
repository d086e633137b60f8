// The process of a mock that the library has started: until it serves, what it complains about, its end, and its numbers.
import type { ChildProcess } from 'node:child_process'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { clearTimeout, setTimeout } from 'node:timers'
import { MockError } from './error.ts'
import type { Keyring } from './keyring.ts'

/** A start takes about 0.2 s, ms. */
const PATIENCE_MS = 30_000
/** What a process may take to end behind its grace period, until it is killed, ms. */
const END_MS = 2_000
/** So much of what it complains about is kept, in characters, for the message of an error. */
const MOST_COMPLAINTS = 4_096

/** Resolves when the process has ended, or could not be started at all. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('error', () => resolve()).once('exit', () => resolve()))
}

/** Ends the process: in order, or when it does not end by itself within its grace period and a little more, at once. */
export async function end(child: ChildProcess, ended: Promise<void>, graceMs: number): Promise<void> {
  child.ref()
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs + END_MS)
  await ended
  clearTimeout(timer)
}

/**
 * Resolves to what the process says on the first line of its stdout when it serves. What it writes to stderr until then is the message
 * if it ends instead; what it writes later is handed on to ours.
 * @throws MockError
 */
export function untilReady<Ready>(child: ChildProcess): Promise<Ready> {
  let complaints = ''
  let said = ''
  let isReady = false
  const saying = (): string => complaints.replace(/^mock-llm-api: /gm, '').trim()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (isReady) process.stderr.write(text)
    else complaints = (complaints + text).slice(0, MOST_COMPLAINTS)
  })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(`it does not serve after ${PATIENCE_MS / 1000} s: ${saying() || 'it says nothing'}`),
      PATIENCE_MS,
    )
    const fail = (message: string): void => {
      clearTimeout(timer)
      reject(new MockError(message))
    }
    child.once('error', ({ message }) => fail(`cannot start ${child.spawnfile}: ${message}`))
    // Not `exit`: by then it may not have been read what it has said.
    child.once('close', (code, signal) => fail(saying() || `it ended at once (${code ?? signal})`))
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (isReady || !said.includes('\n')) return
      isReady = true
      clearTimeout(timer)
      if (complaints !== '') process.stderr.write(complaints)
      resolve(JSON.parse(said) as Ready)
    })
  })
}

/** How the mock is asked for JSON, with a key where it wants one. */
export type Ask = <Answer>(method: string, path: string, body?: string) => Promise<Answer>

/**
 * Asks the mock at this URL. It is ours, so its certificate is not checked. What it answers with anything but 200 is thrown as a
 * MockError, in its own words where it says why; so is that it does not answer.
 */
export function askerOf(url: string, keys: Keyring): Ask {
  return async (method, path, body = '') => {
    const { status, text } = await keys.open((key) => send(method, url + path, key, body))
    if (status === 200) return JSON.parse(text)
    throw new MockError(reasonIn(text) ?? `${method} ${url}${path}: it answers ${status}: ${text}`)
  }
}

interface Sent {
  readonly status: number
  readonly text: string
}

function send(method: string, url: string, key: string, body: string): Promise<Sent> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error): void => reject(new MockError(`${method} ${url}: ${message}`))
    const headers = key === '' ? {} : { authorization: `Bearer ${key}` }
    const sent = request(url, { method, agent: false, rejectUnauthorized: false, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      answer.on('error', fail).on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', fail).end(body)
  })
}

/** Of a refusal of ours. */
function reasonIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { readonly error?: { readonly message?: string } }).error?.message
  } catch {
    return undefined
  }
}
