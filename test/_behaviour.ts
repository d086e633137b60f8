// The ways in which the behaviour suite runs the server, and how it asks.
import { afterAll, beforeAll, expect } from 'bun:test'
import {
  chatRequest,
  compile,
  type EngineName,
  engines,
  isFast,
  type Launch,
  type Launched,
  launcher,
  launchInProcess,
  type RawResponse,
  sourceCommand,
  temporaryFolder,
  withClient,
} from './_helpers.ts'

/** Every way on every engine, for `describe.each`; the executable is compiled before the tests of the file. */
export function useEveryWay(): (readonly [way: string, engine: EngineName, launch: Launch])[] {
  const folder = temporaryFolder()
  let binaryCommand: readonly string[] = []
  beforeAll(async () => {
    if (!isFast) binaryCommand = await compile(folder.path)
  })
  afterAll(folder.remove)

  const ways: Record<string, Launch> = {
    'in process': launchInProcess,
    ...(!isFast && {
      'from source': launcher(sourceCommand),
      compiled: (flags) => launcher(binaryCommand)(flags),
    }),
  }
  return Object.entries(ways).flatMap(([way, launch]) =>
    engines.map((engine) => [way, engine, launch] as const),
  )
}

export function ask(server: Launched, request: string): Promise<RawResponse> {
  return withClient(server, (client) => {
    client.send(request)
    return client.response()
  })
}

/** The server still answers, completely. */
export async function expectHealthy(server: Launched): Promise<void> {
  const response = await ask(server, chatRequest())
  expect(response.status).toBe(200)
  expect(response.body).toEndWith('data: [DONE]\n\n')
}
