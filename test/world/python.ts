// The official Python packages, in an environment of their own: what `pip install openai anthropic` gives.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { text, useServer } from '../clients/_servers.ts'
import { engines, runToEnd, temporaryFolder } from '../_helpers.ts'

const PACKAGES = ['openai==3.57.0', 'anthropic==2.14.0']
const INSTALL_MS = 180_000

const folder = temporaryFolder()
afterAll(folder.remove)
let python: string | undefined
let reason = ''

beforeAll(async () => {
  const found = Bun.which('python3') ?? Bun.which('python')
  if (found === null) return void (reason = 'Python is not on the PATH')
  const venv = await runToEnd([found, '-m', 'venv', folder.path], [], {}, INSTALL_MS)
  const own = join(folder.path, process.platform === 'win32' ? 'Scripts' : 'bin', 'python')
  if (venv.code !== 0) return void (reason = `no environment could be made: ${venv.stderr || venv.stdout}`)
  const pip = await runToEnd([own, '-m', 'pip', 'install', '--quiet', ...PACKAGES], [], {}, INSTALL_MS)
  if (pip.code !== 0) return void (reason = `the packages could not be installed: ${pip.stderr.trim()}`)
  python = own
}, 2 * INSTALL_MS)

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
tell = dict(model='claude-mine', max_tokens=9, messages=[{'role': 'user', 'content': 'Hi'}])
found['message'] = claude.messages.create(**tell).content[0].text
with claude.messages.stream(**tell) as stream:
    found['message stream'] = ''.join(stream.text_stream)
print(json.dumps(found))
`

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })

  test('the official Python packages', async () => {
    if (python === undefined) return console.log(`skipped: ${reason}`)
    const { stdout, stderr } = await runToEnd([python, '-c', SCRIPT, server.url], [], {}, 60_000)
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
})
