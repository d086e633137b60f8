// HTTP/2, with prior knowledge or over TLS: one stream at a time on a connection of its own.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { isIP } from 'node:net'
import { CLOSED_EARLY, type Link, type LinkEvents } from './link.ts'
import type { RequestParts, Target } from './target.ts'

/** So long a connection stays whose stream was left. */
const LEAVE_MS = 10_000

export function openHttp2(target: Target, events: LinkEvents): Link {
  const { tls, request, host, port } = target
  const { authority, path, headers, body } = request
  const scheme = tls === null ? 'http' : 'https'
  const sent = {
    ':method': 'POST',
    ':scheme': scheme,
    ':authority': headers.findLast(([name]) => /^host$/i.test(name))?.[1] ?? authority,
    ':path': path,
    'content-length': String(Buffer.byteLength(body)),
    ...fieldsOf(headers.filter(([name]) => !/^host$/i.test(name))),
  }
  const session: ClientHttp2Session = connect(
    `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    {
      rejectUnauthorized: tls !== null && !tls.isInsecure,
      // Addresses are not told; what the certificate is of is checked all the same.
      ...(tls !== null && isIP(tls.serverName) === 0 && { servername: tls.serverName }),
      ...(tls !== null && tls.ca !== null && { ca: tls.ca }),
    },
  )
  let stream: ClientHttp2Stream | undefined
  let isOpen = false
  let isOver = false
  session.on('connect', () => {
    if (isOver) return
    isOpen = true
    events.opened()
  })
  session.on('error', (thrown: Error) => {
    if (isOver || isOpen) return
    isOver = true
    events.refused(`cannot connect: ${thrown.message}`)
  })
  session.on('close', () => {
    if (isOver) return
    isOver = true
    if (stream !== undefined) events.failed(CLOSED_EARLY)
    events.closed()
  })

  return {
    ask: () => {
      const asked = session.request(sent, { endStream: false })
      stream = asked
      let hasHead = false
      asked.on('response', (received) => {
        hasHead = true
        events.received(performance.now())
        events.headed({
          status: Number(received[':status']),
          text: JSON.stringify(received),
          header: (name) => received[name.toLowerCase()]?.toString(),
        })
        events.taken()
      })
      asked.on('data', (bytes: Buffer) => {
        events.received(performance.now())
        events.body(bytes, 0, bytes.length)
        events.taken()
      })
      asked.on('end', () => {
        // Comes also where the connection has broken: what is no end, `close` tells.
        if (stream !== asked || asked.rstCode || !hasHead) return
        stream = undefined
        events.received(performance.now())
        events.ended(!session.closed && !session.destroyed)
      })
      asked.on('error', () => {}) // `close` tells it
      asked.on('close', () => {
        if (stream !== asked || isOver) return
        stream = undefined
        const isReset = asked.rstCode !== 0 && !session.destroyed
        const reason = isReset ? `the stream was reset (${asked.rstCode})` : CLOSED_EARLY
        events.failed(hasHead || isReset ? reason : `${reason}: does it speak HTTP/2?`)
        session.destroy()
      })
      asked.end(body)
    },
    leave: () => {
      const left = stream
      stream = undefined
      // Whoever is in between may only hear of the stream: the connection stays a while.
      left?.close(constants.NGHTTP2_CANCEL)
      setTimeout(() => session.destroy(), LEAVE_MS).unref()
    },
    close: () => {
      stream = undefined
      session.destroy()
    },
  }
}

/** By lower-case name; all the values of a header that is there several times. */
function fieldsOf(headers: RequestParts['headers']): Record<string, string[]> {
  const fields: Record<string, string[]> = {}
  for (const [name, value] of headers) (fields[name.toLowerCase()] ??= []).push(value)
  return fields
}
