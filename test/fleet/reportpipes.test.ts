// Reports into what is no file: sockets, and pipes that are slower than the report is long.
import { afterAll, describe, expect, test } from 'bun:test'
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkReport, writeReport } from '../../src/fleet/reportfile.ts'
import { temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

/** More than a pipe holds. */
const long = `${'a line of the report\n'.repeat(20_000)}the end`

describe.skipIf(process.platform === 'win32')('pipes and sockets (Unix)', () => {
  function makePipe(name: string): string {
    const path = join(folder.path, name)
    expect(Bun.spawnSync(['mkfifo', path]).success).toBe(true)
    return path
  }

  test('a socket is refused', async () => {
    const path = join(folder.path, 'socket')
    const listening = Bun.listen({ unix: path, socket: { data: () => {} } })
    try {
      const refusal = `cannot write the report to ${path}: it is neither a file nor a pipe`
      expect(() => checkReport(path)).toThrow(refusal)
      await expect(writeReport(path, 'x')).rejects.toThrow(refusal)
    } finally {
      listening.stop(true)
    }
  })

  test('a pipe takes all of a long report, piece by piece', async () => {
    const path = makePipe('read')
    const copy = join(folder.path, 'copy')
    const reader = Bun.spawn(['sh', '-c', `exec cat ${path} > ${copy}`], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    leash(reader)
    // Without a reader a pipe cannot be opened for writing.
    const keptOpen = await until(() => {
      try {
        return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      } catch {
        return undefined
      }
    })
    checkReport(path)
    await writeReport(path, long)
    closeSync(keptOpen)
    expect(await reader.exited).toBe(0)
    expect(await Bun.file(copy).text()).toBe(long)
    expect(statSync(path).isFIFO()).toBe(true)
  })

  test('a pipe that is not read is waited for, and not without end', async () => {
    const path = makePipe('unread')
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      await expect(writeReport(path, long)).rejects.toThrow(`cannot write the report to ${path}: EAGAIN`)
    } finally {
      closeSync(reader)
    }
  })
})
