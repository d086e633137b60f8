// Certificate and key: as given, or self-signed for this run.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { RunSettings } from '../config/config.ts'
import { messageOf, RunError } from '../config/errors.ts'
import type { TlsPair } from '../server/engines/engine.ts'
import { findConcerns } from './certificate.ts'

export interface Identity extends TlsPair {
  /** Absolute, so that it can be pasted anywhere. */
  readonly certFile: string
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string
  /** Made for this run. */
  readonly isOurs: boolean
  /** Nobody has signed it but itself: whoever is to trust it must be told to. */
  readonly selfSigned: boolean
  /** Why clients will refuse it, in words. */
  readonly concerns: readonly string[]
  /** Takes away what was written for this run. */
  remove(): void
}

/** Longer than any run, shorter than what some clients refuse (398 days). */
const VALID_DAYS = 365
/** Clocks of clients may be late. */
const BEFORE_MS = 3_600_000

/**
 * What to serve TLS with; undefined without TLS.
 * @throws RunError when the files cannot be read, are not PEM, or do not belong together
 */
export async function prepareIdentity({
  listen,
  tls,
  tlsCert,
  tlsKey,
}: RunSettings): Promise<Identity | undefined> {
  if (tlsCert !== '') return { ...readPair(tlsCert, tlsKey), isOurs: false, remove: () => {} }
  return tls ? signSelf(listen?.host ?? 'localhost') : undefined
}

function readPair(certFile: string, keyFile: string): Omit<Identity, 'isOurs' | 'remove'> {
  const cert = readPem(`--tls-cert ${certFile}`, certFile, 'CERTIFICATE')
  const key = readPem(`--tls-key ${keyFile}`, keyFile, 'PRIVATE KEY')
  const certificate = attempt(`--tls-cert ${certFile}`, () => new X509Certificate(cert))
  const privateKey = attempt(`--tls-key ${keyFile}`, () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey))
    throw new RunError(`--tls-key ${keyFile} is not the key of --tls-cert ${certFile}`)
  attempt(`--tls-cert ${certFile}`, () => createSecureContext({ cert, key })) // the whole chain
  const concerns = attempt(`--tls-cert ${certFile}`, () => findConcerns(cert, Date.now()))
  return { certFile: resolve(certFile), cert, key, concerns, ...describe(certificate) }
}

function describe(certificate: X509Certificate): Pick<Identity, 'fingerprint' | 'selfSigned'> {
  return { fingerprint: certificate.fingerprint256, selfSigned: certificate.checkIssued(certificate) }
}

function readPem(what: string, file: string, label: string): string {
  const text = attempt(what, () => readFileSync(file, 'utf8'))
  if (!text.includes(`${label}-----`))
    throw new RunError(`cannot use ${what}: there is no PEM in it (-----BEGIN ${label}-----)`)
  return text
}

function attempt<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw new RunError(`cannot use ${what}: ${messageOf(thrown)}`)
  }
}

/** For localhost, 127.0.0.1, ::1 and the host that is listened on. The certificate is written for clients; the key never is. */
async function signSelf(host: string): Promise<Identity> {
  const { generate } = await import('selfsigned') // only now: it would take 30 ms of every start
  const others = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? [] : [host]
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - BEFORE_MS),
    notAfterDate: new Date(Date.now() + VALID_DAYS * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true }, // so that it can be given to clients as their authority
      {
        name: 'subjectAltName',
        altNames: ['localhost', '127.0.0.1', '::1', ...others].map((name) =>
          isIP(name) ? { type: 7, ip: name } : { type: 2, value: name },
        ),
      },
    ],
  })
  const folder = attempt('a folder for the certificate', () => mkdtempSync(join(tmpdir(), 'mock-llm-api-')))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const certFile = join(folder, 'cert.pem')
  try {
    attempt(certFile, () => writeFileSync(certFile, cert))
  } catch (thrown) {
    remove()
    throw thrown
  }
  const about = describe(new X509Certificate(cert))
  return { certFile, cert, key, concerns: [], ...about, isOurs: true, remove }
}
