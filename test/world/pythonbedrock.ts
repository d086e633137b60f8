// AWS's own Python package against Bedrock's doors: what `pip install boto3` gives.
import { describe, expect, test } from 'bun:test'
import { CHUNKS, text, useServer } from '../clients/_servers.ts'
import { engines, runToEnd } from '../_helpers.ts'
import { usePython } from '../_python.ts'

const python = usePython(['boto3==1.44.8'])

const SCRIPT = `
import json, sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

def client(service, url, attempts=1):
    return boto3.client(service, endpoint_url=url, region_name='us-east-1',
        aws_access_key_id='mock', aws_secret_access_key='mock',
        config=Config(retries={'total_max_attempts': attempts, 'mode': 'standard'}))

url, calling, faulty, retried = sys.argv[1:]
runtime = client('bedrock-runtime', url)
arn = 'arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b:0'
asked = [{'role': 'user', 'content': [{'text': 'Hi'}]}]
found = {}

def said(stream):
    return ''.join(event['contentBlockDelta']['delta'].get('text', '') for event in stream if 'contentBlockDelta' in event)

whole = runtime.converse(modelId=arn, messages=asked)
found['converse'] = [whole['output']['message']['content'][0]['text'], whole['stopReason'], whole['usage']['outputTokens']]
found['converse stream'] = said(runtime.converse_stream(modelId=arn, messages=asked)['stream'])
body = json.dumps({'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 99, 'messages': [{'role': 'user', 'content': 'Hi'}]})
invoked = runtime.invoke_model(modelId='any', body=body)
found['invoke'] = json.loads(invoked['body'].read())['content'][0]['text']
events = [json.loads(event['chunk']['bytes']) for event in runtime.invoke_model_with_response_stream(modelId='any', body=body)['body']]
found['invoke stream'] = ''.join(e['delta']['text'] for e in events if e['type'] == 'content_block_delta')
found['models'] = [model['modelId'] for model in client('bedrock', url).list_foundation_models()['modelSummaries']]

agent, messages, rounds = client('bedrock-runtime', calling), list(asked), 0
schema = {'type': 'object', 'properties': {'city': {'type': 'string'}}, 'required': ['city']}
tools = {'tools': [{'toolSpec': {'name': 'look_up', 'inputSchema': {'json': schema}}}]}
while True:
    answer = agent.converse(modelId='any', messages=messages, toolConfig=tools)
    message = answer['output']['message']
    messages.append(message)
    if answer['stopReason'] != 'tool_use': break
    rounds += 1
    used = [block['toolUse'] for block in message['content'] if 'toolUse' in block]
    messages.append({'role': 'user', 'content': [{'toolResult': {'toolUseId': one['toolUseId'], 'content': [{'text': '4'}]}} for one in used]})
found['loop'] = [rounds, message['content'][0]['text']]

def raised(read):
    try:
        return read()
    except ClientError as error:
        return [type(error).__name__, error.response['Error']['Code'], error.response.get('ResponseMetadata', {}).get('HTTPStatusCode')]

broken = client('bedrock-runtime', faulty)
broken.meta.events.register('before-sign', lambda request, **_: request.headers.add_header('X-Test-Pattern', broken.pattern))
for pattern in ['status:429', 'status:500', 'error:3']:
    broken.pattern = pattern
    found[pattern] = raised(lambda: said(broken.converse_stream(modelId='any', messages=asked)['stream']))
found['retried'] = client('bedrock-runtime', retried, 3).converse(modelId='any', messages=asked)['output']['message']['content'][0]['text']
print(json.dumps(found))
`

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine })
  const calling = useServer({ engine, content: 'tools' })
  const faulty = useServer({ engine, honor: 'fault' })
  const scripted = useServer({ engine, fault: 'status:429x2,ok', chunkDelayMs: '0' })

  test('boto3', async () => {
    if (python.program === undefined) return console.log(`skipped: ${python.reason}`)
    const urls = [server, calling, faulty, scripted].map(({ url }) => url)
    const { stdout, stderr } = await runToEnd([python.program, '-c', SCRIPT, ...urls], [], {}, 60_000)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      converse: [text, 'end_turn', CHUNKS],
      'converse stream': text,
      invoke: text,
      'invoke stream': text,
      models: ['mock-model'],
      loop: [1, text],
      'status:429': ['ThrottlingException', 'ThrottlingException', 429],
      'status:500': ['InternalServerException', 'InternalServerException', 500],
      'error:3': ['EventStreamError', 'modelStreamErrorException', null],
      retried: text,
    })
  }, 90_000)
})
