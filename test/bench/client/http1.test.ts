// Links of HTTP/1.1, against servers that do byte for byte what is written here.
import { afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { openHttp1 } from '../../../src/bench/client/http1.ts'
import type { Target, Wishes } from '../../../src/bench/client/target.ts'
import { until } from '../../_helpers.ts'
import { targetTo } from '../_results.ts'
import { type Certificate, certify, type Told, tellAll } from './_links.ts'

const CLOSED_EARLY = 'failed: the connection was closed in the middle of a reply'
const TYPE = 'Content-Type: text/event-stream\r\n'
const CHUNKED = `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n`
const OK = `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 5\r\n\r\nhello`

type Socket = Bun.Socket<undefined>

const servers = new Set<{ stop(now?: boolean): void }>()
const links = new Set<Told>()
afterEach(() => {
  for (const link of links) link.close()
  for (const server of servers) server.stop(true)
  links.clear()
  servers.clear()
})

interface Seen {
  readonly port: number
  opened: number
  closed: number
  /** All that came, on whatever connection. */
  received: string
}

interface Serving {
  readonly open?: (socket: Socket) => void
  readonly tls?: Certificate
}

/** Answers when the whole of a request has come; request 0 is the first. */
function serve(answer: (socket: Socket, request: number) => void, { open, tls }: Serving = {}): Seen {
  const seen: Seen = { port: 0, opened: 0, closed: 0, received: '' }
  let requests = 0
  let head = ''
  /** Bytes of a body that are still to come. */
  let left = 0
  const listener = Bun.listen<undefined>({
    hostname: '127.0.0.1',
    port: 0,
    ...(tls && { tls }),
    socket: {
      open: (socket) => {
        seen.opened++
        open?.(socket)
      },
      data: (socket, piece) => {
        const text = piece.toString('latin1')
        seen.received = (seen.received + text).slice(-100)
        if (left > 0) left -= piece.length
        else {
          head += text
          const end = head.indexOf('\r\n\r\n')
          if (end < 0) return
          left = Number(/Content-Length: (\d+)/.exec(head)![1]) - (head.length - end - 4)
        }
        if (left > 0) return
        head = ''
        answer(socket, requests++)
      },
      close: () => void seen.closed++,
    },
  })
  servers.add(listener)
  return Object.assign(seen, { port: listener.port })
}

function tell(target: Target, times?: number): Told {
  const link = tellAll(openHttp1, target, times)
  links.add(link)
  return link
}

const to = (port: number, change?: Partial<Wishes>): Target => targetTo(port, change)
const has =
  ({ said }: Told, word: string) =>
  (): boolean =>
    said.includes(word)

describe('answers', () => {
  const whole = ['200 text/event-stream', '<hello>', 'ended']
  const last = [...whole.slice(0, 2), 'ended for good', 'closed']
  test.each([
    ['with a length', OK, whole, false],
    ['in chunks', `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`, whole, false],
    ['after an interim one', `HTTP/1.1 100 Continue\r\n\r\n${OK}`, whole, false],
    ['with another status', OK.replace('200', '503'), ['503 text/event-stream', '<hello>', 'ended'], false],
    ['without a body', 'HTTP/1.1 204 No\r\n\r\n', ['204 none', 'ended'], false],
    ['that end with the connection', `HTTP/1.1 200 OK\r\n${TYPE}\r\nhello`, last, true],
    ['that say that it closes', OK.replace('Content-L', 'Connection: close\r\nContent-L'), last, false],
  ] as [string, string, string[], boolean][])('%s', async (_, text, told, closes) => {
    const seen = serve((socket) => {
      socket.write(text)
      if (closes) socket.end()
    })
    const link = tell(to(seen.port))
    await until(has(link, told.at(-1)!))
    // The body is told before the head where they come together.
    expect(link.said.toSorted()).toEqual(['opened', ...told].toSorted())
    expect(link.said.at(-1)).toBe(told.at(-1))
  })

  test('one after the other on a connection', async () => {
    const seen = serve((socket, request) => socket.write(OK.replace('hello', `hell${request}`)))
    const link = tell(to(seen.port), 3)
    await until(() => link.said.filter((word) => word === 'ended').length === 3)
    expect(link.said.filter((word) => word.startsWith('<'))).toEqual(['<hell0>', '<hell1>', '<hell2>'])
    expect([seen.opened, seen.closed]).toEqual([1, 0])
  })

  test('end when their body does, and not with the last event', async () => {
    let answering: Socket | undefined
    const seen = serve((socket) => {
      answering = socket
      socket.write(`${CHUNKED}e\r\ndata: [DONE]\n\n\r\n`)
    })
    const link = tell(to(seen.port))
    await until(has(link, '200 text/event-stream'))
    for (const piece of ['0', '\r\n', '\r']) {
      answering!.write(piece)
      answering!.flush()
      expect(link.said).not.toContain('ended')
    }
    answering!.write('\n')
    await until(has(link, 'ended'))
    expect(link.said.filter((word) => word === 'ended')).toHaveLength(1)
  })

  test('are not begun by an interim one', async () => {
    let answering: Socket | undefined
    const seen = serve((socket) => {
      answering = socket
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')
    })
    const link = tell(to(seen.port))
    await until(() => link.reads() === 1)
    answering!.write(OK)
    await until(has(link, 'ended'))
    expect(link.said.toSorted()).toEqual(['opened', ...whole].toSorted())
  })

  test('to a request that is larger than what the system takes at once', async () => {
    const body = 'x'.repeat(32 << 20)
    const seen = serve((socket) => socket.write(OK))
    const link = tell(to(seen.port, { body }))
    await until(has(link, 'ended'))
    expect(seen.received).toEndWith('xxx')
    expect(seen.received).not.toMatch(/[^x]/)
  })
})

describe('what is no answer', () => {
  test.each([
    ['a server that closes at once', '', [CLOSED_EARLY, 'closed']],
    ['half a head', CHUNKED.slice(0, 30), [CLOSED_EARLY, 'closed']],
    ['half a chunk', `${CHUNKED}5\r\nhe`, [CLOSED_EARLY, 'closed']],
    ['no last chunk', `${CHUNKED}5\r\nhello\r\n`, [CLOSED_EARLY, 'closed']],
    ['half a body', OK.slice(0, -1), [CLOSED_EARLY, 'closed']],
  ])('%s', async (_, text, told) => {
    const seen = serve((socket) => {
      socket.write(text)
      socket.end()
    })
    const link = tell(to(seen.port), 2)
    await until(has(link, 'closed'))
    expect(link.said.filter((word) => /^(?:failed|closed|ended)/.test(word))).toEqual(told)
  })

  test.each([
    ['no HTTP', 'nonsense\r\n\r\n', 'failed: no HTTP/1.1 response: nonsense'],
    ['more than was asked for', `${OK}HTTP`, 'failed: more bytes than asked for'],
    ['a bad chunk', `${CHUNKED}zz\r\n`, 'failed: a chunk size that is no number'],
  ])('%s: the client closes', async (_, text, told) => {
    const seen = serve((socket) => socket.write(text))
    const link = tell(to(seen.port), 2)
    await until(has(link, 'closed'))
    await until(() => seen.closed === 1)
    expect(link.said.filter((word) => /^(?:failed|closed|ended)/.test(word))).toEqual([told, 'closed'])
  })

  test('a connection that the server closes while nothing is asked', async () => {
    const seen = serve((socket) => {
      socket.write(OK)
      socket.end()
    })
    const link = tell(to(seen.port))
    await until(has(link, 'closed'))
    expect(link.said.slice(-2)).toEqual(['ended', 'closed'])
  })

  test('nobody there', async () => {
    const link = tell(to(9))
    await until(() => link.said.length > 0)
    expect(link.said).toEqual([expect.stringMatching(/^refused: cannot connect: ./)])
  })
})

describe('a link that is closed', () => {
  test('in the middle of an answer says so, and nothing of a failure', async () => {
    const seen = serve((socket) => socket.write(`${CHUNKED}5\r\nhe`))
    const link = tell(to(seen.port))
    await until(has(link, '200 text/event-stream'))
    link.close()
    await until(() => seen.closed === 1)
    await until(has(link, 'closed'))
    expect(link.said.filter((word) => !word.startsWith('<'))).toEqual([
      'opened',
      '200 text/event-stream',
      'closed',
    ])
  })

  test('before it is open is never asked on', async () => {
    const seen = serve((socket) => socket.write(OK))
    const link = tell(to(seen.port))
    link.close()
    await until(has(link, 'closed'))
    expect([link.said, seen.received]).toEqual([['closed'], ''])
  })
})

describe('TLS', () => {
  let [ours, others]: (Certificate | undefined)[] = []
  beforeAll(async () => {
    ;[ours, others] = [await certify('127.0.0.1', 'localhost'), await certify('other.example')]
  })
  const secured = (tls: Certificate): Seen => serve((socket) => socket.write(OK), { tls })
  const NO_TRUST = /^refused: no trust in its certificate: ./

  test.each([
    ['any certificate', () => ours!, () => ({ isInsecure: true })],
    ['any certificate of another host', () => others!, () => ({ isInsecure: true })],
    ['one that is trusted', () => ours!, () => ({ ca: ours!.cert })],
  ] as [string, () => Certificate, () => Partial<Wishes>][])('takes %s', async (_, certificate, wishes) => {
    const seen = secured(certificate())
    const link = tell(targetTo(seen.port, wishes(), 'https'))
    await until(has(link, 'ended'))
    expect(link.said).toContain('<hello>')
  })

  test.each([
    ['one that nobody has signed', () => ours!, () => ({})],
    ['one that somebody else has signed', () => ours!, () => ({ ca: others!.cert })],
    ['one of another host', () => others!, () => ({ ca: others!.cert })],
  ] as [string, () => Certificate, () => Partial<Wishes>][])(
    'refuses %s, once',
    async (_, certificate, wishes) => {
      const seen = secured(certificate())
      // What is refused is not closed as well: another one would take its place twice.
      for (let i = 0; i < 2; i++) {
        const link = tell(targetTo(seen.port, wishes(), 'https'))
        await until(() => link.said.length > 0)
      }
      for (const { said } of links) expect(said).toEqual([expect.stringMatching(NO_TRUST)])
      expect(seen.received).toBe('')
    },
  )

  test.each([
    ['that speaks none', (socket: Socket) => void socket.write(OK)],
    ['that closes', (socket: Socket) => void socket.end()],
  ])('with a server %s is refused', async (_, open) => {
    const seen = serve(() => {}, { open })
    const link = tell(targetTo(seen.port, {}, 'https'))
    await until(() => link.said.length > 0)
    expect(link.said).toEqual([expect.stringMatching(NO_TRUST)])
  })
})
