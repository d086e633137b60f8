// A proxy that hands every byte of an answer on after exactly so many ms, and does nothing else: on sockets, since whatever understands
// HTTP takes time of its own.

export interface Delay {
  readonly url: string
  readonly port: number
  stop(): void
}

/** A timer may be so late: the rest is waited for in a loop. */
const TIMER_MS = 1.5

interface Line {
  upstream: Bun.Socket | null
  /** What came before there was a connection. */
  readonly waiting: Buffer[]
}

/** Serves in this process. */
export function startDelay(port: number, delayMs: number): Delay {
  const server = Bun.listen<Line>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (client) => {
        const line: Line = { upstream: null, waiting: [] }
        client.data = line
        const held: { readonly bytes: Buffer; readonly dueMs: number }[] = []
        const handOn = (): void => {
          while (held.length > 0) {
            const { bytes, dueMs } = held[0]!
            const leftMs = dueMs - performance.now()
            if (leftMs > TIMER_MS) return void setTimeout(handOn, leftMs - TIMER_MS)
            while (performance.now() < dueMs);
            held.shift()
            client.write(bytes)
          }
        }
        const connected = Bun.connect({
          hostname: '127.0.0.1',
          port,
          socket: {
            open: (upstream) => {
              line.upstream = upstream
              for (const bytes of line.waiting) upstream.write(bytes)
            },
            data: (_, bytes) => {
              held.push({ bytes: Buffer.from(bytes), dueMs: performance.now() + delayMs })
              if (held.length === 1) setTimeout(handOn, Math.max(0, delayMs - TIMER_MS))
            },
            close: () => void client.end(),
          },
        })
        connected.catch(() => client.end())
      },
      data: ({ data: { upstream, waiting } }, bytes) => {
        if (upstream === null) waiting.push(Buffer.from(bytes))
        else upstream.write(bytes)
      },
      close: ({ data }) => void data.upstream?.end(),
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, port: server.port, stop: () => server.stop(true) }
}

if (import.meta.main) {
  const { url } = startDelay(Number(process.argv[2]), Number(process.argv[3]))
  console.log(url)
}
