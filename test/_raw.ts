// An HTTP client on a bare TCP connection, which keeps every byte.
import { connect, type Socket } from 'node:net'
import { until } from './_processes.ts'

/** A TCP connection that keeps every byte it receives and when it came. */
export interface RawClient {
  readonly socket: Socket
  /** All bytes so far, as Latin-1, so that lengths are byte lengths. */
  received(): string
  /** Resolves when the system has taken all of it, and rejects when it cannot be sent; whoever does not care need not wait. */
  send(text: string | Uint8Array): Promise<void>
  /** Waits for and takes the next whole response. */
  response(): Promise<RawResponse>
  /** Waits until the other side has closed. */
  closed(): Promise<void>
  /** How the connection has ended: in order, or by an error, as when it was reset. Undefined while it has not. */
  ending(): 'end' | Error | undefined
}

export interface RawResponse {
  readonly status: number
  /** The header block as sent, without the status line. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The HTTP chunks, when the transfer coding is chunked. */
  readonly chunks: readonly string[]
  /** When its first and last bytes had arrived, on the clock of performance.now(). */
  readonly headersAtMs: number
  readonly endAtMs: number
}

/** Connects; the caller destroys `socket`. */
export async function rawClient(port: number): Promise<RawClient> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1', resolve)
  let ending: 'end' | Error | undefined
  socket.on('error', (error) => {
    ending = error
    reject(error)
  })
  socket.on('end', () => (ending ??= 'end'))
  let buffer = ''
  let ended = false
  let firstAtMs = 0
  let lastAtMs = 0
  socket.on('data', (bytes) => {
    lastAtMs = performance.now()
    if (buffer === '') firstAtMs = lastAtMs
    buffer += bytes.toString('latin1')
  })
  socket.on('close', () => (ended = true))
  await promise
  return {
    socket,
    received: () => buffer,
    send: (text) => {
      const { promise: sent, resolve: whenSent, reject: whenFailed } = Promise.withResolvers<void>()
      socket.write(text, (error) => (error ? whenFailed(error) : whenSent()))
      sent.catch(() => {}) // told to whoever waits
      return sent
    },
    ending: () => ending,
    response: async () => {
      const parsed = await until(() => {
        const found = takeResponse(buffer, ended)
        if (found === undefined && ended) throw new Error(`closed after ${JSON.stringify(buffer)}`)
        return found
      })
      buffer = parsed.rest
      return { ...parsed, headersAtMs: firstAtMs, endAtMs: lastAtMs }
    },
    closed: async () => void (await until(() => ended)),
  }
}

/** A client for the length of a function. */
export async function withClient<T>(
  { port }: { readonly port: number },
  use: (client: RawClient) => Promise<T>,
): Promise<T> {
  const client = await rawClient(port)
  try {
    return await use(client)
  } finally {
    client.socket.destroy()
  }
}

/** The first whole response in `text` and what follows it; undefined while it is incomplete. */
export function takeResponse(
  text: string,
  ended = false,
): (Omit<RawResponse, 'headersAtMs' | 'endAtMs'> & { rest: string }) | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine, ...lines] = text.slice(0, headEnd).split('\r\n')
  const status = Number(statusLine!.split(' ')[1])
  if (status === 100) return takeResponse(text.slice(headEnd + 4), ended)
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const body = text.slice(headEnd + 4)
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
    if (length === undefined ? !ended : body.length < length) return undefined
    return {
      status,
      headers,
      body: body.slice(0, length),
      chunks: [],
      rest: body.slice(length ?? body.length),
    }
  }
  const chunks: string[] = []
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(body.slice(at, lineEnd), 16)
    const start = lineEnd + 2
    if (body.length < start + size + 2) return undefined
    at = start + size + 2
    if (size === 0) return { status, headers, body: chunks.join(''), chunks, rest: body.slice(at) }
    chunks.push(body.slice(start, start + size))
  }
}

/** A request for the chat stream. */
export function chatRequest(headers = '', body = '{"stream":true}', path = '/v1/chat/completions'): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`
}
