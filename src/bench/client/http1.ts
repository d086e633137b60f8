// HTTP/1.1 on a socket: with the least that a client can do, so that what is measured is the server.
import { CLOSED_EARLY, type Head, type Link, type LinkEvents } from './link.ts'
import { ResponseParser } from './parser.ts'
import { renderHttp1, type Target } from './target.ts'

type Socket = Bun.Socket<undefined>

export function openHttp1(target: Target, events: LinkEvents): Link {
  const { host, port, tls } = target
  const request = renderHttp1(target.request)
  const parser = new ResponseParser()
  let socket: Socket | undefined
  let isBusy = false
  let hasHead = false
  /** What the kernel has not taken of the request. */
  let rest: Buffer | undefined
  let isClosing = false
  let isRefused = false

  const send = (bytes: Buffer): void => {
    const taken = socket!.write(bytes)
    rest = taken < bytes.length ? bytes.subarray(Math.max(0, taken)) : undefined
  }
  const fail = (reason: string): void => {
    isBusy = false
    events.failed(reason)
    socket!.terminate()
  }
  const end = (): void => {
    isBusy = false
    const { closes } = parser
    events.ended(!closes)
    if (closes) socket!.end() // may tell at once that it has closed
  }
  const handlers: Bun.SocketHandler<undefined> = {
    open: (opened) => {
      socket = opened
      if (isClosing) opened.terminate()
      else if (tls === null) events.opened()
    },
    handshake: (_, isTrusted, thrown) => {
      if (isTrusted || tls!.isInsecure) return events.opened()
      isClosing = isRefused = true
      events.refused(`no trust in its certificate: ${thrown?.message ?? 'it is not known'}`)
      socket!.terminate()
    },
    drain: () => {
      if (rest !== undefined) send(rest)
    },
    data: (_, bytes) => {
      if (isClosing) return
      events.received(performance.now())
      try {
        if (!isBusy || parser.feed(bytes, events) < bytes.length) throw new Error('more bytes than asked for')
      } catch (thrown) {
        return fail((thrown as Error).message)
      }
      if (!hasHead && parser.status >= 200) {
        hasHead = true
        events.headed(headOf(parser))
      }
      events.taken()
      if (parser.done) end()
    },
    close: () => {
      if (isRefused) return
      if (isClosing && !isBusy) return events.closed()
      if (isBusy) {
        isBusy = false
        events.received(performance.now())
        if (parser.close()) events.ended(false)
        else events.failed(CLOSED_EARLY)
      }
      events.closed()
    },
    connectError: (_, thrown) => events.refused(`cannot connect: ${thrown.message}`),
  }
  const secured = tls && {
    tls: {
      rejectUnauthorized: !tls.isInsecure,
      serverName: tls.serverName,
      ...(tls.ca !== null && { ca: tls.ca }),
    },
  }
  Bun.connect({ hostname: host, port, socket: handlers, ...secured }).catch(() => {}) // connectError has told it

  const close = (): void => {
    isClosing = true
    isBusy = false
    socket?.terminate()
  }
  return {
    ask: () => {
      parser.reset()
      hasHead = false
      isBusy = true
      send(request)
    },
    leave: close,
    close,
  }
}

function headOf({ status, head }: ResponseParser): Head {
  return {
    status,
    text: head,
    header: (name) => new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*)`, 'i').exec(head)?.[1]?.trim(),
  }
}
