// What the tests of engine `socket` share.
import type { Running } from '../../src/server/server.ts'
import { type RawClient, rawClient } from '../_helpers.ts'
import { useServers } from './_servers.ts'

export const useSocketServers = (): ReturnType<typeof useServers> =>
  useServers({ engine: 'socket', chunkCount: '3' })

export async function withClient<T>({ port }: Running, use: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await rawClient(port)
  try {
    return await use(client)
  } finally {
    client.socket.resetAndDestroy()
  }
}

export const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`
export const HEALTH = get('/health')
export const isOver = ({ body }: { body: string }): boolean => body.endsWith('data: [DONE]\n\n')
