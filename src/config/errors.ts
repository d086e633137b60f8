// Errors that are the user's to mend. Everything else that is thrown is ours, and says so.

/** The command line or the environment is wrong: one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The program cannot do what it was asked to on this host (a busy port, a dead worker): one line, exit code 1. */
export class RunError extends Error {
  override readonly name = 'RunError'
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
