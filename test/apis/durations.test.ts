// How long a model says it took: clients divide by it.
import { expect, test } from 'bun:test'
import { eventsOf, partsOf } from './_events.ts'
import { defaultAsk } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { providers } from '../../src/apis/providers.ts'
import { readConfig } from '../../src/config/config.ts'

/** Everything in a text that looks like a duration: its name, and its value. */
const durationsIn = (text: string): readonly (readonly [string, number])[] =>
  [...text.matchAll(/"(\w*duration\w*)":(\d+)/g)].map(([, name, value]) => [name!, Number(value)])

test.each(['0', '0.0000001', '0.2', '50'])('with delays of %s ms no duration in any answer is 0', (ms) => {
  for (const chunkCount of [0, 1, 5]) {
    const config = readConfig({ ttftMs: ms, chunkDelayMs: ms, chunkCount: String(chunkCount) }, {})
    const found = catalogue({ config, createdAt: 0 }).flatMap(({ answer }) =>
      [true, false].flatMap((stream) => {
        const given = answer({ ...defaultAsk(config), stream }, chunkCount)
        const bodies = given.kind === 'stream' ? eventsOf(given).map(({ data }) => data) : partsOf(given)
        return bodies.flatMap(durationsIn)
      }),
    )
    expect(found.length).toBeGreaterThanOrEqual(16) // Ollama's two routes, streamed and whole
    for (const [name, value] of found) expect(`${name} ${value}`).not.toEndWith(' 0')
    const totals = found.filter(([name]) => name === 'total_duration')
    for (const [, total] of totals) expect(total).toBeGreaterThanOrEqual(3)
  }
})

test.each(['0', '0.2', '50'])('nor in the headers of any provider: a TTFT of %s ms', (ttftMs) => {
  const config = readConfig({ ttftMs, providerHeaders: 'true' }, {})
  for (const { headers } of Object.values(providers)) {
    const given: Readonly<Record<string, string>> = headers(config)
    for (const name of ['openai-processing-ms', 'server-timing'])
      expect(given[name] ?? '').not.toMatch(/(^|=)0$/)
  }
})
