// Certificates and sockets as the program claims them, keeps them and leaves them.
import { afterAll, describe, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { readSettings } from '../../src/config/config.ts'
import { prepareIdentity } from '../../src/fleet/tls.ts'
import { claim, type FileIdentity, listenAt, remove } from '../../src/server/unixsocket.ts'
import { childrenOf, engines, runToEnd, serveInProcess, sourceCommand, start, until } from '../_helpers.ts'
import { useFleet } from './_programs.ts'

const { folder, running, serve } = useFleet()
const fresh = await prepareIdentity(readSettings({ tls: 'true' }, {}))
const other = await prepareIdentity(readSettings({ tls: 'true' }, {}))
const [keyFile, otherKeyFile] = [join(folder, 'key.pem'), join(folder, 'other.pem')]
writeFileSync(keyFile, fresh!.key)
writeFileSync(otherKeyFile, other!.key)
afterAll(() => {
  fresh!.remove()
  other!.remove()
})

describe('prepareIdentity', () => {
  test('makes a certificate for all names of this host, its key for this user only', () => {
    const certificate = new X509Certificate(readFileSync(fresh!.certFile))
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(certificate.fingerprint256).toBe(fresh!.fingerprint)
    expect(certificate.validToDate.getTime() - Date.now()).toBeGreaterThan(300 * 86_400_000)
    expect(Date.now() - certificate.validFromDate.getTime()).toBeGreaterThanOrEqual(3_600_000) // clocks differ
    expect(readdirSync(dirname(fresh!.certFile))).toEqual(['cert.pem']) // the key is never written
    expect(other!.fingerprint).not.toBe(fresh!.fingerprint)
  })

  test('nothing without TLS; what is given is used as it is', async () => {
    expect(await prepareIdentity(readSettings({}, {}))).toBeUndefined()
    const { certFile: tlsCert } = fresh!
    expect(await prepareIdentity(readSettings({ tlsCert, tlsKey: keyFile }, {}))).toMatchObject({
      certFile: tlsCert,
      isOurs: false,
      selfSigned: true,
      concerns: [],
    })
    const given = await prepareIdentity(
      readSettings({ tlsCert: relative('.', tlsCert), tlsKey: keyFile }, {}),
    )
    expect(given!.certFile).toBe(tlsCert)
  })

  test.each([
    ['/nonexistent.pem', keyFile, 'cannot use --tls-cert /nonexistent.pem: ENOENT'],
    [fresh!.certFile, '/nonexistent.pem', 'cannot use --tls-key /nonexistent.pem: ENOENT'],
    [keyFile, keyFile, 'there is no PEM in it (-----BEGIN CERTIFICATE-----)'],
    [fresh!.certFile, otherKeyFile, 'is not the key of --tls-cert'],
  ])('%s and %s are refused', async (tlsCert, tlsKey, message) =>
    expect(prepareIdentity(readSettings({ tlsCert, tlsKey }, {}))).rejects.toThrow(message),
  )
})

test.each([
  [['--tls-cert', 'a'], '--tls-cert and --tls-key go together: give --tls-key as well'],
  [['--tls-key', 'a'], '--tls-cert and --tls-key go together: give --tls-cert as well'],
  [['--listen', 'none'], '--listen none needs --socket'],
  [['--listen', 'none', '--socket', 'a', '-w', '2'], 'a socket is served by one worker'],
  [['--socket', 'a', '--socket-mode', '999'], '--socket-mode does not accept'],
  [['--api-key', 'two words'], '--api-key does not accept'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await runToEnd(sourceCommand, args)
  expect([code, stderr.split('\n').length]).toEqual([2, 2])
  expect(stderr).toContain(message)
})

describe('the file of the socket', () => {
  const path = (name: string): string => join(folder, name)

  test('claim takes over what a program that is gone has left, and nothing else', async () => {
    await claim(path('absent'))
    const holder = Bun.listen({ unix: path('held'), socket: { data: () => {} } })
    await expect(claim(path('held'))).rejects.toThrow('a program holds it')
    holder.stop(true)
    const killed = Bun.spawnSync([
      process.execPath,
      '-e',
      `Bun.listen({ unix: ${JSON.stringify(path('stale'))}, socket: { data() {} } }); process.kill(process.pid, 'SIGKILL')`,
    ])
    expect(killed.signalCode).toBe('SIGKILL')
    expect(existsSync(path('stale'))).toBe(true)
    await claim(path('stale'))
    expect(existsSync(path('stale'))).toBe(false)
    writeFileSync(path('file'), 'precious')
    await expect(claim(path('file'))).rejects.toThrow('it is not a socket')
    await expect(claim(path('x'.repeat(120)))).rejects.toThrow('more than 103 bytes')
    await expect(claim(path('file/socket'))).rejects.toThrow('cannot listen on the socket')
    expect(readFileSync(path('file'), 'utf8')).toBe('precious')
  })

  /** Listens as a worker does; with the mode that the socket has before anybody knows its name. */
  function listenAs(
    name: string,
    mode: string,
    former?: FileIdentity,
  ): { holder: { stop(force: boolean): void }; bornWith: number; file: FileIdentity } {
    let bornWith = 0
    const { listening, file } = listenAt(path(name), mode, former, (at) => {
      const holder = Bun.listen({ unix: at, socket: { data: () => {} } })
      bornWith = statSync(at).mode & 0o777
      return holder
    })
    return { holder: listening, bornWith, file }
  }

  test('it has its mode from birth, and the umask is as before', () => {
    const before = process.umask()
    const { holder, bornWith } = listenAs('born', '640')
    expect([bornWith, statSync(path('born')).mode & 0o777]).toEqual([0o640, 0o640])
    expect(process.umask()).toBe(before)
    holder.stop(true)
    expect(existsSync(path('born'))).toBe(true) // Bun removes another name, which is gone
    expect(readdirSync(folder).filter((name) => /^\.[0-9a-f]{7}$/.test(name))).toEqual([])
  })

  test('a worker takes the place of the one that it replaces, and of nothing else', () => {
    const first = listenAs('place', '600')
    expect(() => listenAs('place', '600')).toThrow('somebody else has put something there')
    expect(() => listenAs('place', '600', 'another')).toThrow('somebody else has put something there')
    const second = listenAs('place', '600', first.file)
    expect(second.file).not.toBe(first.file)
    remove(path('place'), first.file)
    remove(path('place'), undefined)
    expect(existsSync(path('place'))).toBe(true)
    remove(path('place'), second.file)
    expect(existsSync(path('place'))).toBe(false)
    for (const { holder } of [first, second]) holder.stop(true)
  })

  test.each(['bun', 'socket'])('engine %s: stop() removes its own socket and no other', async (engine) => {
    const socket = path(`own-${engine}`)
    const own = serveInProcess({ engine, socket })
    expect(existsSync(socket)).toBe(true)
    await own.stop(0)
    expect(existsSync(socket)).toBe(false)
    const other = serveInProcess({ engine, socket })
    unlinkSync(socket)
    const theirs = Bun.listen({ unix: socket, socket: { data: () => {} } })
    await other.stop(0)
    expect(existsSync(socket)).toBe(true)
    theirs.stop(true)
  })
})

const ask = async (socket: string): Promise<string> =>
  (await fetch('http://localhost/v1/chat/completions', { method: 'POST', unix: socket })).text()

test.each(engines)(
  'a socket alone, engine %s: served again after a death, removed at the end',
  async (engine) => {
    const socket = join(folder, `alone-${engine}.sock`)
    const program = start(sourceCommand, { engine, listen: 'none', socket, chunkDelayMs: '0', workers: '1' })
    running.add(program)
    await until(() => program.output.stdout.includes('--unix-socket'))
    expect(await ask(socket)).toEndWith('data: [DONE]\n\n')
    const [worker] = Bun.spawnSync(['pgrep', '-P', String(program.process.pid)])
      .stdout.toString()
      .split('\n')
    process.kill(Number(worker), 'SIGKILL')
    await until(async () => (await ask(socket).catch(() => '')).endsWith('[DONE]\n\n'))
    const second = await runToEnd(sourceCommand, ['--listen', '0', '--socket', socket])
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining(
        process.platform === 'linux'
          ? 'another mock-llm-api is starting or serving there'
          : 'cannot listen on',
      ),
    ])
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect(existsSync(socket)).toBe(false)
  },
)

test('what somebody else has put in the place of the socket stays, whatever happens', async () => {
  const socket = join(folder, 'taken.sock')
  const program = start(sourceCommand, { listen: 'none', socket, workers: '1' })
  running.add(program)
  await until(() => program.output.stdout.includes('--unix-socket'))
  unlinkSync(socket)
  writeFileSync(socket, 'precious')
  process.kill(childrenOf(program.process.pid)[0]!, 'SIGKILL')
  await until(() => program.output.stderr.includes('somebody else has put something there'))
  program.process.kill('SIGTERM')
  await program.process.exited
  expect(readFileSync(socket, 'utf8')).toBe('precious')
})

test('--tls: the banner says where the certificate is, which is gone at the end', async () => {
  const program = start(sourceCommand, {
    listen: '127.0.0.1:0',
    tls: 'true',
    chunkDelayMs: '0',
    workers: '1',
  })
  running.add(program)
  const [, certFile] = await until(() => /NODE_EXTRA_CA_CERTS=(\S+)/.exec(program.output.stdout))
  const [, base] = await until(() => /OPENAI_BASE_URL=(https:\S+)/.exec(program.output.stdout))
  const response = await fetch(`${base}/chat/completions`, {
    method: 'POST',
    tls: { ca: readFileSync(certFile!, 'utf8') },
  })
  expect(await response.text()).toEndWith('data: [DONE]\n\n')
  program.process.kill('SIGTERM')
  expect(await program.process.exited).toBe(0)
  expect(existsSync(certFile!)).toBe(false)
})

test('SIGTERM while --tls starts leaves no folder', async () => {
  const [preload, temporary] = [join(folder, 'signal.ts'), join(folder, 'temporary')]
  mkdirSync(temporary)
  // The port is claimed when the certificate is there.
  await Bun.write(
    preload,
    `const { serve } = Bun
    Bun.serve = (options) => {
      console.error(require('node:fs').readdirSync(${JSON.stringify(temporary)}).length)
      process.kill(process.pid, 'SIGTERM')
      return serve(options)
    }`,
  )
  const result = await runToEnd(sourceCommand, ['--tls', '-l', '0', '-w', '1'], {
    BUN_OPTIONS: `--preload=${preload}`,
    TMPDIR: temporary,
  })
  expect(result).toEqual({ code: 0, stdout: '', stderr: '1\n' })
  expect(readdirSync(temporary)).toEqual([])
})

test('the key is in no report', async () => {
  const { port } = await serve({ apiKey: 'secret-key' })
  const text = await (await fetch(`http://127.0.0.1:${port}/stats`)).text()
  expect(text).toContain('"apiKey":"(set)"')
  expect(text).not.toContain('secret-key')
})
