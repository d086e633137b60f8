// The official Python packages and an agent framework, in an environment of their own: what `pip install openai anthropic` gives.
import { describe, expect, test } from 'bun:test'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { clientPrograms } from '../../src/stats/page/clients.ts'
import { text, useServer } from '../clients/_servers.ts'
import { codeIn } from '../_manual.ts'
import { engines, runToEnd, serveInProcess, sourceCommand } from '../_helpers.ts'
import { usePython } from '../_python.ts'

const PACKAGES = [
  'openai==3.57.0',
  'anthropic==2.14.0',
  'pydantic-ai-slim[openai,anthropic]==2.68.0',
  'pytest==9.2.0',
]
const python = usePython(PACKAGES)

const SCRIPT = `
import json, sys
import anthropic, openai
url = sys.argv[1]
client = openai.OpenAI(base_url=url + '/v1', api_key='mock', max_retries=0)
ask = dict(model='gpt-mine', messages=[{'role': 'user', 'content': 'Hi'}])
long = dict(model='gpt-mine', messages=[{'role': 'user', 'content': 'x' * 3_000_000}])
found = {}
found['chat'] = client.chat.completions.create(**ask).choices[0].message.content
found['stream'] = ''.join(c.choices[0].delta.content or '' for c in client.chat.completions.create(stream=True, **ask))
found['long stream'] = ''.join(c.choices[0].delta.content or '' for c in client.chat.completions.create(stream=True, **long))
found['completion'] = client.completions.create(model='m', prompt='Hi').choices[0].text
found['responses'] = client.responses.create(model='m', input='Hi').output_text
with client.responses.stream(model='m', input='Hi') as stream:
    found['responses stream'] = stream.until_done().get_final_response().output_text
found['embedding'] = len(client.embeddings.create(model='m', input='Hi').data[0].embedding)
found['models'] = [m.id for m in client.models.list()]
claude = anthropic.Anthropic(base_url=url, api_key='mock', max_retries=0)
tell = dict(model='claude-mine', max_tokens=99, messages=[{'role': 'user', 'content': 'Hi'}])
found['message'] = claude.messages.create(**tell).content[0].text
with claude.messages.stream(**tell) as stream:
    found['message stream'] = ''.join(stream.text_stream)
print(json.dumps(found))
`

/** Structured outputs, tools until nothing is called, and agents that end by themselves. */
const AGENTS = `
import json, sys
from typing import Literal
import anthropic, openai
from pydantic import BaseModel, Field
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

class Weather(BaseModel):
    city: str = Field(min_length=2)
    days: int = Field(ge=3, le=7)
    unit: Literal['c', 'f']

url = sys.argv[1]
found = {}
client = openai.OpenAI(base_url=url + '/v1', api_key='mock', max_retries=0)
user = [{'role': 'user', 'content': 'What is the weather in Oslo?'}]
found['parse'] = client.chat.completions.parse(model='m', messages=user, response_format=Weather).choices[0].message.parsed.days
found['responses parse'] = client.responses.parse(model='m', input='Hi', text_format=Weather).output_parsed.unit
tools = [{'type': 'function', 'function': {'name': 'weather', 'parameters': Weather.model_json_schema()}}]
messages, rounds = list(user), 0
while True:
    message = client.chat.completions.create(model='m', messages=messages, tools=tools).choices[0].message
    messages.append(message)
    if not message.tool_calls: break
    rounds += 1
    for call in message.tool_calls:
        Weather.model_validate_json(call.function.arguments)
        messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': 'sunny'})
found['loop'] = [rounds, message.content]
claude = anthropic.Anthropic(base_url=url, api_key='mock', max_retries=0)
cut = claude.messages.create(model='m', max_tokens=4, messages=user)
found['cut'] = [cut.stop_reason, cut.usage.output_tokens]

models = {
    'chat': OpenAIChatModel('m', provider=OpenAIProvider(base_url=url + '/v1', api_key='mock')),
    'responses': OpenAIResponsesModel('m', provider=OpenAIProvider(base_url=url + '/v1', api_key='mock')),
    'anthropic': AnthropicModel('m', provider=AnthropicProvider(anthropic_client=anthropic.AsyncAnthropic(base_url=url, api_key='mock', max_retries=0))),
}
for name, model in models.items():
    asked = []
    agent = Agent(model, output_type=Weather)
    @agent.tool_plain
    def look_up(city: str) -> str:
        asked.append(city)
        return 'sunny'
    found['agent ' + name] = [agent.run_sync('Hi').output.days, len(asked) >= 1]
    plain = Agent(model)
    found['plain ' + name] = plain.run_sync('Hi').output
print(json.dumps(found))
`

/** What httpx2, which the OpenAI SDK stands on, makes of a broken connection. */
const CONNECTIONS = `
import json, sys
import httpx2
found = {}
for pattern in sys.argv[2:]:
    try:
        with httpx2.Client(timeout=5) as client:
            answer = client.post(sys.argv[1] + '/v1/chat/completions', json={'stream': True}, headers={'x-test-pattern': pattern})
            found[pattern] = [answer.headers.get('content-encoding'), answer.text.endswith('data: [DONE]\\n\\n')]
    except httpx2.HTTPError as error:
        found[pattern] = type(error).__name__
print(json.dumps(found))
`

const brokenConnections: Readonly<Record<string, unknown>> = {
  gzip: ['gzip', true],
  'gzip!+split:9': ['gzip', true],
  'bad-chunk:1': 'RemoteProtocolError',
  'wrong-length': 'RemoteProtocolError',
  'no-terminator': 'RemoteProtocolError',
  'cut-head': 'RemoteProtocolError',
  'early-fin': [null, true],
  'slow-head:5000': [null, true],
  'reset-after:5': 'ReadError',
}

test('httpx2: compressed replies and broken connections', async () => {
  if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
  const mock = serveInProcess({ engine: 'socket', honor: 'fault', chunkDelayMs: '2' })
  const args = [`http://127.0.0.1:${mock.port}`, ...Object.keys(brokenConnections)]
  try {
    const { stdout, stderr } = await runToEnd([python.program, '-c', CONNECTIONS], args, {}, 60_000)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(brokenConnections)
  } finally {
    await mock.stop(0)
  }
}, 90_000)

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const tools = useServer({ engine, content: 'tools' })

  test('the official Python packages', async () => {
    if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
    const { stdout, stderr } = await runToEnd([python.program, '-c', SCRIPT, server.url], [], {}, 60_000)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      chat: text,
      stream: text,
      'long stream': text,
      completion: text,
      responses: text,
      'responses stream': text,
      embedding: 1536,
      models: ['mock-model'],
      message: text,
      'message stream': text,
    })
  }, 90_000)

  test.each(['stream', 'json'] as const)(
    'the program that the page at / offers: %s',
    async (reply) => {
      if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
      const { text: program } = clientPrograms({ reply }).find(({ name }) => name === 'OpenAI, Python')!
      const code = program
        .replace('{{origin}}', server.url)
        .replace('{{key}}', 'mock')
        .replace('{{model}}', 'mine')
      const { stdout, stderr } = await runToEnd([python.program, '-c', code], [], {}, 60_000)
      expect([stdout.trimEnd(), stderr]).toEqual([text, ''])
    },
    90_000,
  )

  test('loops end by themselves, and objects are what their models ask for', async () => {
    if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
    const { stdout, stderr, code } = await runToEnd([python.program, '-c', AGENTS, tools.url], [], {}, 60_000)
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual({
      parse: 3,
      'responses parse': 'c',
      loop: [1, text],
      cut: ['max_tokens', 4],
      ...Object.fromEntries(
        ['chat', 'responses', 'anthropic'].flatMap((name) => [
          [`agent ${name}`, [3, true]],
          [`plain ${name}`, text],
        ]),
      ),
    })
  }, 90_000)
})

test('the fixture for pytest that the manual shows', async () => {
  if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
  const [project, program] = [join(python.folder, 'project'), join(python.folder, 'path', 'mock-llm-api')]
  for (const file of ['conftest.py', 'test_stream.py'])
    await Bun.write(join(project, file), codeIn('library', file))
  const words = sourceCommand.map((word) => `'${word}'`).join(' ')
  await Bun.write(program, `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(program, 0o755)
  const { code, stdout } = await runToEnd([python.program, '-m', 'pytest', '-q', project], [], {
    PATH: `${join(program, '..')}:${process.env['PATH']}`,
  })
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 passed')])
}, 90_000)
