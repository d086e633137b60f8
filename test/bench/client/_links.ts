// What the tests of links have in common: a link whose every word is kept, and certificates.
import { generate } from 'selfsigned'
import { isIP } from 'node:net'
import type { LinkEvents, OpenLink } from '../../../src/bench/client/link.ts'
import type { Target } from '../../../src/bench/client/target.ts'

export interface Told {
  /** What the link has said, a word or two each; pieces of body as `<…>`, those that come together in one. */
  readonly said: readonly string[]
  /** How often something has been received. */
  readonly reads: () => number
  close(): void
}

/** Opens a link that asks `times` times, one answer after the other. */
export function tellAll(open: OpenLink, target: Target, times = 1): Told {
  const said: string[] = []
  let asked = 0
  let body = ''
  let reads = 0
  const say = (text: string): void => {
    if (body !== '') said.push(`<${body}>`)
    body = ''
    said.push(text)
  }
  const ask = (): void => {
    if (asked++ < times) link.ask()
  }
  const events: LinkEvents = {
    opened: () => {
      say('opened')
      ask()
    },
    received: () => void reads++,
    headed: ({ status, header }) => say(`${status} ${header('Content-Type') ?? 'none'}`),
    body: (bytes, from, to) => (body += bytes.toString('latin1', from, to)),
    taken: () => {},
    ended: (isReusable) => {
      say(isReusable ? 'ended' : 'ended for good')
      if (isReusable) ask()
    },
    failed: (reason) => say(`failed: ${reason}`),
    closed: () => say('closed'),
    refused: (reason) => say(`refused: ${reason}`),
  }
  const link = open(target, events)
  return { said, reads: () => reads, close: () => link.close() }
}

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Signed by itself, of these names and addresses. */
export async function certify(...names: readonly string[]): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0]! }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
  return { cert, key }
}
