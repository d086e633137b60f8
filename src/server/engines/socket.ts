// The engine at the limit of the machine: HTTP/1.1 and 1.0 straight on `Bun.listen`, in clear text. Replies are kept with head and chunk
// framing as bytes. Per request there is one Playback; nothing else is created, and nothing at all per frame.
import { Connection } from './connection.ts'
import type { Engine } from './engine.ts'
import { Exchange } from './exchange.ts'
import type { LineSocket } from './line.ts'
import { runsMemory } from './wire.ts'

export const serveSocket: Engine = (endpoint, desk, stage, limits) => {
  stage.process.watchMemory('runs', runsMemory)
  const exchange = new Exchange(desk, stage, limits)
  const handlers: Bun.SocketHandler<Connection> = {
    open: (socket) => {
      socket.data = new Connection(socket as typeof socket & LineSocket, exchange)
    },
    data: (socket, bytes) => socket.data.receive(bytes),
    drain: (socket) => socket.data.drain(),
    end: (socket) => socket.data.receiveEnd(),
    close: (socket, error) => socket.data.closed(error),
    error: (_, error) => void desk.fail(error),
  }
  // A client that has said all it has to say is still answered.
  const common = { allowHalfOpen: true, socket: handlers }
  const listener =
    'unix' in endpoint
      ? Bun.listen<Connection>({ ...common, unix: endpoint.unix })
      : Bun.listen<Connection>({
          ...common,
          hostname: endpoint.hostname,
          port: endpoint.port,
          ...({ reusePort: endpoint.reusePort } as object), // heeded, and missing in the type
        })
  return {
    port: 'port' in listener ? listener.port : 0,
    stop: async () => {
      listener.stop()
      await exchange.drain()
    },
    cut: () => exchange.cut(),
  }
}
