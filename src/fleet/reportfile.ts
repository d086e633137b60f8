// The report file. What is done at the end is tried at the start, so that no run ends without a place for its report.
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, RunError } from '../config/errors.ts'

const { O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY, W_OK } = constants

/** Whoever reads a pipe that is full is waited for this long. */
const PATIENCE_MS = 2_000

/**
 * Tries what `writeReport` does, and leaves all as it was.
 * @throws RunError saying why the report cannot be written
 */
export function checkReport(path: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined && outputOf(found) !== undefined) return
    refuseOthers(found)
    if (tryToReplace(path, found, null)) return
    if (found !== undefined && !found.isFile()) return accessSync(path, W_OK) // to open a pipe and leave would end its reader
    closeSync(openSync(path, found === undefined ? O_WRONLY | O_CREAT : O_WRONLY))
    if (found === undefined) rmSync(realpathSync(path))
  } catch (thrown) {
    throw refusal(path, thrown)
  }
}

/**
 * Writes the report. A file is replaced as a whole, is complete or as it was, and keeps its mode; of a link the file where it leads.
 * What cannot be replaced (a mount point, somebody else's file) and what is no file (a pipe, a device) is written into.
 * @throws RunError saying why it cannot be written
 */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    const output = found && outputOf(found)
    if (output !== undefined) return await print(output, text)
    refuseOthers(found)
    if (!tryToReplace(path, found, text)) writeInto(path, found, text)
  } catch (thrown) {
    throw refusal(path, thrown)
  }
}

/** @throws for what can hold no report */
function refuseOthers(found: Stats | undefined): void {
  if (found === undefined || found.isFile() || found.isFIFO() || found.isCharacterDevice()) return
  throw new Error(found.isDirectory() ? 'it is a folder' : 'it is neither a file nor a pipe')
}

/** Which of our own outputs it is, as `/dev/stdout` is: a file would be overwritten if it were opened once more, a socket cannot be. */
function outputOf({ dev, ino }: Stats): NodeJS.WriteStream | undefined {
  return [process.stdout, process.stderr].find((_, i) => {
    try {
      const output = fstatSync(i + 1)
      return output.dev === dev && output.ino === ino
    } catch {
      return false // closed
    }
  })
}

function print(output: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (failure) => (failure ? reject(failure) : resolve()))
  })
}

/**
 * Puts a file with this text in the place of the one that is there; null: one with the same contents, or one that is removed again.
 * Returns whether that was possible.
 */
function tryToReplace(path: string, found: Stats | undefined, text: string | null): boolean {
  if (found === undefined ? isLink(path) : !isOurs(found)) return false
  try {
    const target = found === undefined ? path : realpathSync(path)
    const beside = join(dirname(target), `.mock-llm-api-${crypto.randomUUID()}.tmp`) // short enough, whatever the name
    try {
      writeFileSync(beside, text ?? (found === undefined ? '' : readFileSync(target)))
      if (found !== undefined) chmodSync(beside, found.mode)
      renameSync(beside, target)
    } finally {
      rmSync(beside, { force: true })
    }
    if (found === undefined && text === null) rmSync(target)
    return true
  } catch {
    return false // it is written into, or what forbids that is told
  }
}

/** Whether nothing but its contents would change: neither owner nor another name of the same file. */
function isOurs(found: Stats): boolean {
  return found.isFile() && found.nlink === 1 && found.uid === (process.getuid?.() ?? found.uid)
}

/** Here of one that leads nowhere. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function writeInto(path: string, found: Stats | undefined, text: string): void {
  const create = found === undefined ? O_CREAT : 0
  const file = openSync(path, O_WRONLY | O_TRUNC | O_NONBLOCK | create) // a pipe that nobody reads would block for ever
  try {
    const untilMs = performance.now() + PATIENCE_MS
    for (let rest = Buffer.from(text); rest.length > 0;)
      try {
        rest = rest.subarray(writeSync(file, rest))
      } catch (thrown) {
        if ((thrown as { code?: string }).code !== 'EAGAIN' || performance.now() > untilMs) throw thrown
        Bun.sleepSync(5)
      }
  } finally {
    closeSync(file)
  }
}

function refusal(path: string, thrown: unknown): RunError {
  return new RunError(`cannot write the report to ${path}: ${messageOf(thrown)}`)
}
