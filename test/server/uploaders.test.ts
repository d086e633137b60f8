// Programs of others that send large bodies: curl and Node, where they are on the PATH. They must be able to send all of it and to read
// the whole answer, whatever it is.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import {
  engines,
  type EngineName,
  isFast,
  promises,
  runToEnd,
  serveInProcess,
  temporaryFolder,
} from '../_helpers.ts'
import type { Running } from '../../src/server/server.ts'
import { type Answer, answers, bodyOf } from './_uploads.ts'

const sizes = [100_000, 3_000_000]
const folder = temporaryFolder()
const running = new Set<Running>()
afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop(0)))
  folder.remove()
})

function serve(engine: EngineName, { flags }: Answer): number {
  const server = serveInProcess({ engine, ...flags })
  running.add(server)
  return server.port
}

/** Files with bodies that ask for the answer, one of each size. */
async function filesOf(answer: Answer): Promise<string[]> {
  return Promise.all(
    sizes.map(async (bytes) => {
      const file = join(folder.path, `${answers.indexOf(answer)}-${bytes}`)
      await Bun.write(file, bodyOf(answer, bytes))
      return file
    }),
  )
}

/** The program, or null, and then it is said that it is not there. */
function find(name: string): string | null {
  const path = Bun.which(name)
  if (path === null && !isFast) console.log(`skipped: ${name} is not on the PATH`)
  return path
}
const curl = find('curl')
const node = find('node')

const named = answers.map((answer) => [answer.name, answer] as const)

describe.each(engines)('engine %s', (engine) => {
  const { http2 } = promises[engine]

  describe.skipIf(isFast || curl === null)('curl', () => {
    // Without `Expect:` curl asks before it sends a large body; what is answered then is another test.
    const ways: Readonly<Record<string, readonly string[]>> = {
      'keep-alive': ['-H', 'Expect:'],
      'Connection: close': ['-H', 'Expect:', '-H', 'Connection: close'],
      'HTTP/1.0': ['-H', 'Expect:', '--http1.0'],
      chunked: ['-H', 'Expect:', '-H', 'Transfer-Encoding: chunked'],
      ...(http2 && { 'HTTP/2': ['--http2-prior-knowledge'] }),
    }

    test.each(named)('%s', async (_, answer) => {
      const port = serve(engine, answer)
      const { method = 'POST', path = '/v1/chat/completions', headers = '', status, ends } = answer
      const files = await filesOf(answer)
      const outcomes = Object.entries(ways).flatMap(([way, flags]) =>
        sizes.map(async (bytes, i) => {
          const args = ['-sS', '-X', method, ...flags, '--data-binary', `@${files[i]}`]
          if (headers !== '') args.push('-H', headers.trim())
          args.push('-w', '%{stderr}%{http_code} %{size_upload}', `http://127.0.0.1:${port}${path}`)
          const { code, stdout, stderr } = await runToEnd([curl!], args)
          const [got, uploaded] = stderr.split(' ').map(Number)
          expect([way, bytes, code, got]).toEqual([way, bytes, 0, status])
          expect(stdout).toEndWith(ends)
          expect([way, bytes, uploaded]).toEqual([way, bytes, way === 'chunked' ? expect.any(Number) : bytes])
        }),
      )
      await Promise.all(outcomes)
    })
  })

  test.skipIf(isFast || node === null)('Node', async () => {
    const asks = await Promise.all(
      answers.map(async (answer) => {
        const { method = 'POST', path = '/v1/chat/completions', headers = '' } = answer
        const [name, value] = headers.trim().split(': ')
        return {
          port: serve(engine, answer),
          method,
          path,
          headers: value === undefined ? {} : { [name!]: value },
          files: await filesOf(answer),
          http2,
        }
      }),
    )
    const { code, stdout, stderr } = await runToEnd(
      [node!, '--input-type=module'],
      ['-e', SCRIPT, JSON.stringify(asks)],
    )
    expect([code, stderr]).toEqual([0, ''])
    const outcomes: { way: string; text: string }[][] = JSON.parse(stdout)
    for (const [i, { name, status, ends }] of answers.entries()) {
      expect(outcomes[i]).toHaveLength(sizes.length * (http2 ? 5 : 4))
      for (const outcome of outcomes[i]!) {
        expect([name, outcome]).toEqual([name, expect.objectContaining({ status, error: null })])
        expect(outcome.text).toEndWith(ends)
      }
    }
  })
})

/** Sends each file in each way, and tells what came of it. */
const SCRIPT = `
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:http2'

/** Reads what comes on \`from\`, be it a response or an HTTP/2 stream. */
const collect = (outcome, message, from, resolve) => {
  const fail = (error) => { outcome.error = error.message; resolve() }
  from.setEncoding('utf8').on('data', (text) => (outcome.text += text)).on('end', resolve).on('error', fail)
}

async function send({ port, method, path, headers, files, http2 }) {
  const outcomes = []
  const begin = (way) => {
    const outcome = { way, status: 0, text: '', error: null }
    outcomes.push(outcome)
    return outcome
  }
  for (const file of files) {
    const body = readFileSync(file)
    for (const keepAlive of [true, false])
      for (const length of [true, false])
        await new Promise((resolve) => {
          const outcome = begin('keep-alive ' + keepAlive + ', length ' + length + ', ' + body.length)
          const message = request({
            port, method, path, agent: new Agent({ keepAlive }),
            headers: { ...headers, ...(length && { 'content-length': body.length }) },
          })
          message.on('error', (error) => { outcome.error = error.message; resolve() })
          message.on('response', (response) => {
            outcome.status = response.statusCode
            collect(outcome, message, response, resolve)
          })
          if (!length) message.write(body.subarray(0, 1000))
          message.end(length ? body : body.subarray(1000))
        })
    if (!http2) continue
    const session = connect('http://127.0.0.1:' + port)
    await new Promise((resolve) => {
      const outcome = begin('HTTP/2, ' + body.length)
      const stream = session.request({ ':method': method, ':path': path, ...headers })
      stream.on('response', (response) => (outcome.status = response[':status']))
      collect(outcome, stream, stream, resolve)
      stream.end(body)
    })
    session.close()
  }
  return outcomes
}

console.log(JSON.stringify(await Promise.all(JSON.parse(process.argv[1]).map(send))))
process.exit(0)
`
