// One socket of engine `socket`, and what it has not taken of what was written to it.

/** What is used of a socket of `Bun.listen`. */
export interface LineSocket {
  /** How many bytes were taken; -1 when the other side has gone. */
  write(bytes: Uint8Array): number
  /** Closes both sides. */
  end(): void
  /** Closes our side once all that was written has left. */
  shutdown(): void
  /** Resets; on a Unix socket the other side only sees an end. */
  terminate(): void
  pause(): void
  resume(): void
  setKeepAlive(enable: boolean, initialDelayMs: number): boolean
}

/** State: the socket, open or closed, and the rest of a write, if there is one. */
export abstract class Line {
  protected readonly socket: LineSocket
  #unsent: Uint8Array | null = null
  #isPaused = false
  #isClosed = false

  constructor(socket: LineSocket) {
    this.socket = socket
  }

  /** All that was kept has been taken. */
  protected abstract sent(): void

  protected get hasUnsent(): boolean {
    return this.#unsent !== null
  }

  protected get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many bytes were taken; -1 when the client has gone. Behind what is kept nothing is. */
  write(bytes: Uint8Array): number {
    return this.#unsent === null ? this.socket.write(bytes) : 0
  }

  /** Keeps what the socket did not take until it takes more. */
  keep(rest: Uint8Array): void {
    this.#unsent = this.#unsent === null ? rest : Buffer.concat([this.#unsent, rest])
  }

  /** Writes, and keeps what is not taken. */
  protected put(bytes: Uint8Array): void {
    const written = this.write(bytes)
    if (written >= 0 && written < bytes.byteLength) this.keep(bytes.subarray(written))
  }

  /** The socket takes more again. */
  drain(): void {
    const rest = this.#unsent
    if (rest === null) return
    this.#unsent = null
    this.put(rest)
    if (this.#unsent === null) this.sent()
  }

  /** Resets the connection. */
  cut(): void {
    if (!this.#isClosed) this.socket.terminate()
  }

  protected end(): void {
    if (!this.#isClosed) this.socket.end()
  }

  /** Reads no further for the time being, so that the client cannot send more either. */
  protected pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.socket.pause()
  }

  protected readOn(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.socket.resume()
  }

  /** Returns whether it was open. */
  protected close(): boolean {
    const wasOpen = !this.#isClosed
    this.#isClosed = true
    this.#unsent = null
    return wasOpen
  }
}
