// How `Bun.serve` is stopped.

/** A request or a handshake that has begun has this long to come whole when nothing else is under way. */
export const PATIENCE_MS = 500
const LOOK_MS = 50

/**
 * Refuses new connections and resolves when all requests have been answered. Bun itself waits as well, and without end, for heads and
 * handshakes that are half sent, and for connections with TLS that have not asked for anything: those are cut.
 */
export async function stopServer(server: Bun.Server<undefined>): Promise<void> {
  let quietMs = 0
  const look = setInterval(() => {
    quietMs = server.pendingRequests === 0 ? quietMs + LOOK_MS : 0
    if (quietMs > PATIENCE_MS) void server.stop(true)
  }, LOOK_MS)
  await server.stop()
  clearInterval(look)
}
