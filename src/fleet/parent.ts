// The process that has started this one.

/** A parent that has gone is noticed so soon. */
const LOOK_MS = 250

/** Calls `onGone` when the parent has ended: a process without one gets another, or on Windows keeps the number of what is gone. */
export function watchParent(onGone: () => void, parent: number = process.ppid): void {
  const watch = setInterval(look, LOOK_MS)
  watch.unref()
  look()

  function look(): void {
    if (process.ppid === parent && isThere(parent)) return
    clearInterval(watch)
    onGone()
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code === 'EPERM' // somebody else's
  }
}
