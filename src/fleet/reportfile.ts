// The report file: refused at the start if it cannot be written, complete or absent at the end.
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { messageOf, RunError } from '../config/errors.ts'

/** @throws RunError when `path` is something other than a file, or a file beside it cannot be created */
export function checkWritable(path: string): void {
  attempt(path, (target, beside) => {
    if (statSync(target, { throwIfNoEntry: false })?.isFile() === false) throw new Error('it is not a file')
    writeFileSync(beside, '')
    rmSync(beside)
  })
}

/** @throws RunError when the file cannot be written */
export function writeAtomically(path: string, text: string): void {
  attempt(path, (target, beside) => {
    writeFileSync(beside, text)
    renameSync(beside, target)
  })
}

/** Hands on where `path` leads, links followed, and the name of a file beside it. */
function attempt(path: string, write: (target: string, beside: string) => void): void {
  const target = resolveLinks(path)
  const beside = `${target}.${process.pid}.tmp`
  try {
    write(target, beside)
  } catch (thrown) {
    rmSync(beside, { force: true })
    throw new RunError(`cannot write the report to ${path}: ${messageOf(thrown).replaceAll(beside, path)}`)
  }
}

function resolveLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // not there yet
  }
}
