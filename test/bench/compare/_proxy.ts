// Proxies that do to a stream what one is told, exactly: what is in between in the tests of comparisons.

/** What is made of the events of a reply: each with its number, of the content chunks among them the first is 0. */
export type Meddle = (chunk: string, index: number) => readonly string[]

export interface Meddling {
  readonly meddle?: Meddle
  /** Goes on reading when its client has left. */
  readonly hidesLeaving?: boolean
}

export interface Proxy {
  readonly url: string
  stop(): Promise<void>
}

const encoder = new TextEncoder()

/** Serves in this process, and asks `target`. */
export function startProxy(target: string, { meddle, hidesLeaving = false }: Meddling): Proxy {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => {
      const leaving = new AbortController()
      const { pathname, search } = new URL(request.url)
      const upstream = await fetch(target + pathname + search, {
        method: request.method,
        headers: request.headers,
        body: await request.text(),
        signal: leaving.signal,
      })
      let isLeft = false
      const body = new ReadableStream({
        async start(controller) {
          for await (const events of eventsOf(upstream.body!, meddle)) {
            if (!isLeft && events !== '') controller.enqueue(encoder.encode(events))
          }
          if (!isLeft) controller.close()
        },
        cancel() {
          isLeft = true
          if (!hidesLeaving) leaving.abort()
        },
      })
      return new Response(body, { headers: { 'content-type': upstream.headers.get('content-type')! } })
    },
    error: () => new Response('the proxy failed', { status: 502 }),
  })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) }
}

/** What comes of the events, as they come. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  meddle: Meddle | undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let chunks = 0
  try {
    for await (const bytes of body) {
      rest += decoder.decode(bytes, { stream: true })
      const events = rest.split('\n\n')
      rest = events.pop()!
      const made = events.flatMap((event) =>
        meddle !== undefined && hasStamp(event) ? meddle(event, chunks++) : [event],
      )
      yield made.map((event) => `${event}\n\n`).join('')
    }
  } catch {
    // whoever asked has left
  }
}

function hasStamp(event: string): boolean {
  return /\d{8}@\d{16}/.test(event)
}

/** The same event with what `change` makes of its text. */
export function withText(event: string, change: (text: string) => string): string {
  const json = JSON.parse(event.slice('data: '.length)) as { choices: [{ delta: { content: string } }] }
  json.choices[0].delta.content = change(json.choices[0].delta.content)
  return `data: ${JSON.stringify(json)}`
}

/** The text of an event. */
export function textOf(event: string): string {
  let found = ''
  withText(event, (text) => (found = text))
  return found
}
