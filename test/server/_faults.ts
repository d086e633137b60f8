// What the tests of faults ask of a server.
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { chatRequest, type RawResponse, withClient } from '../_helpers.ts'

export function ask(server: Running, pattern?: string, path?: string): Promise<RawResponse> {
  return withClient(server, (client) => {
    client.send(chatRequest(pattern === undefined ? '' : `X-Test-Pattern: ${pattern}\r\n`, undefined, path))
    return client.response()
  })
}

export async function stats(server: Running, method = 'GET', path = '/stats'): Promise<Report> {
  return (await fetch(`http://127.0.0.1:${server.port}${path}`, { method })).json() as Promise<Report>
}

export const faultOf = async (server: Running, pattern: string) =>
  (await stats(server)).faults.find((fault) => fault.pattern === pattern)
