// What a Responses answer repeats of its request, through the whole server: any text comes back as it was sent, and large ones leave nothing behind.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import type { Memory } from '../../src/stats/memory.ts'
import { engines, named, serveInProcess } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  let running: Running
  let url = ''
  beforeAll(() => {
    running = serveInProcess({ engine, reply: 'auto', chunkDelayMs: '0', chunkCount: '3' })
    url = `http://127.0.0.1:${running.port}/v1/responses`
  })
  afterAll(() => running.stop(0))

  const post = async (body: string): Promise<string> => {
    const response = await fetch(url, { method: 'POST', body })
    expect(response.status).toBe(200)
    return response.text()
  }
  /** What the answer says of the field: in every event that has the response, or in the response. */
  const told = async (name: string, value: unknown, stream: boolean): Promise<unknown[]> => {
    const text = await post(JSON.stringify({ input: 'x', stream, [name]: value }))
    if (!stream) return [JSON.parse(text)[name]]
    const events = text.split('\n').filter((line) => line.startsWith('data: '))
    return events
      .map((line) => JSON.parse(line.slice('data: '.length)))
      .flatMap(({ response }) => (response === undefined ? [] : [response[name]]))
  }

  test.each(
    named([
      ['', ''],
      ['\ud800 alone \udc00', '\ud800 alone \udc00'],
      ['\ufeff', '\ufeff'],
      ['"\\\r\n\u2028\0', '"\\\r\n\u2028\0'],
      ['data: x\n\nevent: y', 'data: x\n\nevent: y'],
      ['mock0000000000000000', 'mock0000000000000000'],
      // These are ours, and nobody else's text can have them.
      ['\ufdd0\ufdd1\ufdd2\ufdd3', '\ufffd\ufffd\ufffd\ufffd'],
    ]),
  )('%s', async (_, sent, expected) => {
    expect(await told('instructions', sent, false)).toEqual([expected])
    expect(await told('instructions', sent, true)).toEqual([expected, expected, expected])
    expect(await told('metadata', { [sent]: sent }, false)).toEqual([{ [expected]: expected }])
    expect(await told('tools', [{ type: 'web_search', [sent]: [sent] }], true)).toEqual(
      new Array(3).fill([{ type: 'web_search', [expected]: [expected] }]),
    )
  })

  test('a body may begin with a BOM', async () =>
    expect(JSON.parse(await post('\ufeff{"user":"u"}'))).toMatchObject({ user: 'u' }))

  test('two megabytes are repeated whole, and nothing of them is kept', async () => {
    const keptBytes = (): number => (running.snapshot(false).memory as Memory).prepared!.taken
    const ask = async (instructions: string): Promise<boolean> => {
      const repeated = await told('instructions', instructions, true)
      return repeated.length === 3 && repeated.every((one) => one === instructions)
    }
    const before = keptBytes()
    expect(await ask('be brief')).toBe(true)
    const after = keptBytes()
    expect(after).toBeGreaterThan(before)
    expect(await ask('x'.repeat(2_000_000))).toBe(true)
    expect(keptBytes()).toBe(after)
  })
})
