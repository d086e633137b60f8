// Many raw connections at once, each reading one reply after the other, as far as a test wants.
import { connect, type Socket } from 'node:net'
import { chatRequest, until } from './_helpers.ts'

/** What one connection has seen. */
export interface Reader {
  readonly socket: Socket
  /** Events of the present reply. */
  events: number
  /** Replies read to their end. */
  replies: number
  /** The connection has gone, and when (performance.now()). */
  closedAtMs: number | undefined
}

const REQUEST = chatRequest()
const EVENT = 'data: '
const END = Buffer.from('\r\n0\r\n\r\n')

/**
 * Opens `count` connections, fifty at a time, and sends a request on each; the next one when a reply has ended, until `more`
 * says otherwise. A connection that cannot be had counts as closed. `hasty` does not wait for connections to be accepted.
 */
export async function openReaders(
  port: number,
  count: number,
  { more = () => false, hasty = false }: { more?: () => boolean; hasty?: boolean } = {},
): Promise<Reader[]> {
  const readers: Reader[] = []
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, () => openReader(port, more))
    readers.push(...batch.map(({ reader }) => reader))
    if (!hasty) await Promise.all(batch.map(({ opened }) => opened))
  }
  return readers
}

function openReader(port: number, more: () => boolean): { reader: Reader; opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = connect({ port, host: '127.0.0.1' })
  const reader: Reader = { socket, events: 0, replies: 0, closedAtMs: undefined }
  let tail = Buffer.alloc(0)
  socket.on('connect', () => {
    socket.write(REQUEST)
    resolve()
  })
  socket.on('data', (bytes: Buffer) => {
    // An event may be cut anywhere: what could begin one is kept for the next segment.
    const text = Buffer.concat([tail, bytes])
    let at = Math.max(-1, tail.length - EVENT.length) // none that has been counted
    while ((at = text.indexOf(EVENT, at + 1)) >= 0) reader.events++
    tail = Buffer.from(text.subarray(1 - END.length))
    if (!text.subarray(-END.length).equals(END)) return
    reader.replies++
    if (!more()) return
    reader.events = 0
    socket.write(REQUEST)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    reader.closedAtMs = performance.now()
    resolve()
  })
  return { reader, opened: promise }
}

/** Waits until every reader fulfils the condition. */
export async function untilAll(readers: readonly Reader[], done: (reader: Reader) => boolean): Promise<void> {
  await until(() => readers.every(done))
}

export function closeAll(readers: readonly Reader[]): void {
  for (const { socket } of readers) socket.destroy()
}
