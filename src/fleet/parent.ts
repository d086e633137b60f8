// The process that has started this one.

/** A parent that has gone is noticed so soon. */
const LOOK_MS = 250

/** Calls `onGone` when the parent has ended: a process without one gets another. */
export function watchParent(onGone: () => void): void {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    onGone()
  }, LOOK_MS)
  watch.unref()
}
