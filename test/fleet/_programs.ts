// Whole programs for the tests of this room: started from source, and ended after the tests of the file.
import { afterAll } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Report } from '../../src/stats/report.ts'
import { type Program, sourceCommand, start, temporaryFolder } from '../_helpers.ts'

export type Serve = (flags: GivenFlags) => Promise<{ program: Program; port: number; pid: number }>

/** A folder that is removed, and a set of programs that are ended, after the tests of the file that asks. */
export function useFleet(): { readonly folder: string; readonly running: Set<Program>; serve: Serve } {
  const { path, remove } = temporaryFolder()
  const running = new Set<Program>()
  afterAll(async () => {
    for (const { process } of running) process.kill('SIGKILL')
    await Promise.all([...running].map(({ process }) => process.exited))
    remove()
  })
  const serve: Serve = async (flags) => {
    const program = start(sourceCommand, { workers: '1', ...flags, listen: '127.0.0.1:0' })
    running.add(program)
    return { program, port: await program.port(), pid: program.process.pid }
  }
  return { folder: path, running, serve }
}

/** Programs come and go, and may have the port of one that has ended: no connection to that is taken again. */
const anew = (port: number, path: string, method: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { method, keepalive: false })

/** Reads a whole stream. */
export async function chat(port: number): Promise<void> {
  await (await anew(port, '/v1/chat/completions', 'POST')).text()
}

export async function statsOf(port: number, path = '', method = 'GET'): Promise<Report> {
  return (await (await anew(port, `/stats${path}`, method)).json()) as Report
}

/** Whether all that it has serve; `/health` is answered by the first that does. */
export async function answers(port: number, path = '/readyz'): Promise<boolean> {
  return anew(port, path, 'GET').then(
    (response) => response.ok,
    () => false,
  )
}
