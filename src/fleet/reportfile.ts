// The report file: refused at the start if it cannot be written, complete or absent at the end.
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { messageOf, RunError } from '../config/errors.ts'

/** @throws RunError when `path` is a folder or a file beside it cannot be created */
export function checkWritable(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder')
    const beside = besideOf(path)
    writeFileSync(beside, '')
    rmSync(beside)
  } catch (thrown) {
    throw new RunError(`cannot write the report to ${path}: ${messageOf(thrown)}`)
  }
}

/** @throws RunError when the file cannot be written */
export function writeAtomically(path: string, text: string): void {
  try {
    writeFileSync(besideOf(path), text)
    renameSync(besideOf(path), path)
  } catch (thrown) {
    rmSync(besideOf(path), { force: true })
    throw new RunError(`cannot write the report to ${path}: ${messageOf(thrown)}`)
  }
}

function besideOf(path: string): string {
  return `${path}.${process.pid}.tmp`
}
