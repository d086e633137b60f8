// The official Python packages, where Python has them: `pip install openai anthropic`.
import { expect, test } from 'bun:test'
import { text, useServer } from './_servers.ts'

const server = useServer()

const python = ['python3', 'python'].find((name) => {
  const probe =
    Bun.which(name) && Bun.spawnSync([name, '-c', 'import openai, anthropic'], { stderr: 'ignore' })
  return probe && probe.success
})
if (python === undefined)
  console.log('skipped: the official Python packages openai and anthropic are not installed')

const script = `
import json, sys
import anthropic, openai
url = sys.argv[1]
client = openai.OpenAI(base_url=url + '/v1', api_key='mock', max_retries=0)
ask = dict(model='gpt-mine', messages=[{'role': 'user', 'content': 'Hi'}])
found = {}
found['chat'] = client.chat.completions.create(**ask).choices[0].message.content
found['stream'] = ''.join(c.choices[0].delta.content or '' for c in client.chat.completions.create(stream=True, **ask))
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

test.skipIf(python === undefined)('the official Python packages (needs them installed)', async () => {
  const child = Bun.spawn([python!, '-c', script, server.url], { stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    chat: text,
    stream: text,
    completion: text,
    responses: text,
    'responses stream': text,
    embedding: 1536,
    models: ['mock-model'],
    message: text,
    'message stream': text,
  })
})
