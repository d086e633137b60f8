// What the official Python packages make of shapes and bytes that are seen in the wild.
import { expect, test } from 'bun:test'
import { words, useServer } from '../clients/_servers.ts'
import { runToEnd } from '../_helpers.ts'
import { usePython } from '../_python.ts'

const python = usePython(['openai==3.57.0', 'anthropic==2.14.0'])

/** What each way of reading comes to: a text, calls, or the name of what is raised. */
const SCRIPT = `
import json, sys
import anthropic, openai
url, found = sys.argv[1], {}
messages = [{'role': 'user', 'content': 'Hi'}]

def attempt(read):
    try:
        return read()
    except Exception as error:
        return '! ' + type(error).__name__

for pattern in sys.argv[2:]:
    options = dict(api_key='mock', max_retries=0, default_headers={'X-Test-Pattern': pattern})
    client = openai.OpenAI(base_url=url + '/v1', **options)
    claude = anthropic.Anthropic(base_url=url, **options)

    def loop():
        chunks = client.chat.completions.create(model='m', messages=messages, stream=True)
        return ''.join(chunk.choices[0].delta.content or '' for chunk in chunks)

    def helper():
        with client.chat.completions.stream(model='m', messages=messages) as stream:
            message = stream.get_final_completion().choices[0].message
        return [call.function.name for call in message.tool_calls] if message.tool_calls else message.content

    def message():
        with claude.messages.stream(model='m', max_tokens=99, messages=messages) as stream:
            block = stream.get_final_message().content[0]
        return block.text if block.type == 'text' else block.name

    found[pattern] = [attempt(loop), attempt(helper), attempt(message)]
print(json.dumps(found))
`

const said = words(4)
const without = said.replace('Hello', '')
const twice = said.replace(' world', ' world world')
const more = said + ' this'

/** A loop over the chunks of chat, OpenAI's helper, and Anthropic's. */
const texts: Readonly<Record<string, readonly [loop: string, helper: string, message: string]>> = {
  ok: [said, said, said],
  'no-space': [said, said, said],
  ids: [said, said, said],
  'no-last-blank': [said, said, said],
  'finish-with-content': [said, said, said],
  bom: [without, without, '! AssertionError'],
  'retry:3000': ['! JSONDecodeError', '! JSONDecodeError', said],
  'empty-events': ['! JSONDecodeError', '! JSONDecodeError', said],
  'duplicate:1': [twice, twice, twice],
  'after-done:1': [said, said, more],
  'error:2:429+done': ['! APIError', '! APIError', '! APIStatusError'],
  'delta:null': ['! AttributeError', '! AttributeError', said],
  'usage:always': ['! IndexError', said, said],
  'usage:never': [said, said, '! AttributeError'],
  'content-filter': [said, '! ContentFilterFinishReasonError', said],
}

const calls: Readonly<Record<string, string | readonly string[]>> = {
  ok: ['get_weather', 'get_weather'],
  'split-name': ['get_weather', 'get_weather'],
  'call-index:repeated': ['get_weatherget_weather'],
  'call-index:missing': '! TypeError',
  'call-index:reversed': '! IndexError',
}

const flags = { reply: 'stream', honor: 'fault', chunkCount: '4' } as const
const texting = useServer(flags)
const calling = useServer({ ...flags, content: 'tools:2' })

async function read(url: string, patterns: readonly string[]): Promise<Record<string, unknown[]>> {
  const { stdout, stderr } = await runToEnd([python.program!, '-c', SCRIPT, url, ...patterns], [], {}, 90_000)
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Record<string, unknown[]>
}

test('what they read, and what they raise', async () => {
  if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
  expect(await read(texting.url, Object.keys(texts))).toEqual(texts as never)
}, 100_000)

test('what becomes of two calls', async () => {
  if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
  const found = await read(calling.url, Object.keys(calls))
  expect(Object.fromEntries(Object.entries(found).map(([pattern, [, helper]]) => [pattern, helper]))).toEqual(
    calls,
  )
}, 100_000)
