// Certificate and key: as given, or self-signed for this run.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { messageOf, RunError } from '../config/errors.ts'
import type { TlsFiles } from '../server/server.ts'

export interface Identity extends TlsFiles {
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string
  readonly selfSigned: boolean
  /** Takes away what was written for this run. */
  remove(): void
}

/** Longer than any run, shorter than what some clients refuse (398 days). */
const VALID_DAYS = 365

/**
 * What to serve TLS with; undefined without TLS.
 * @throws RunError when the files cannot be read, are not PEM, or do not belong together
 */
export async function prepareIdentity({ tls, tlsCert, tlsKey }: Config): Promise<Identity | undefined> {
  if (tlsCert !== '') return { ...checkPair(tlsCert, tlsKey), selfSigned: false, remove: () => {} }
  return tls ? signSelf() : undefined
}

function checkPair(certFile: string, keyFile: string): TlsFiles & { readonly fingerprint: string } {
  const certificate = attempt(`--tls-cert ${certFile}`, () => new X509Certificate(readFileSync(certFile)))
  const key = attempt(`--tls-key ${keyFile}`, () => createPrivateKey(readFileSync(keyFile)))
  if (!certificate.checkPrivateKey(key))
    throw new RunError(`--tls-key ${keyFile} is not the key of --tls-cert ${certFile}`)
  return { certFile, keyFile, fingerprint: certificate.fingerprint256 }
}

function attempt<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw new RunError(`cannot use ${what}: ${messageOf(thrown)}`)
  }
}

/** For localhost, 127.0.0.1 and ::1, in a folder that only this user may look into. */
async function signSelf(): Promise<Identity> {
  const { generate } = await import('selfsigned') // only now: it would take 30 ms of every start
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + VALID_DAYS * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true }, // so that it can be given to clients as their authority
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  const folder = mkdtempSync(join(tmpdir(), 'mock-llm-api-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key, { mode: 0o600 })
  const { fingerprint } = checkPair(certFile, keyFile)
  return {
    certFile,
    keyFile,
    fingerprint,
    selfSigned: true,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
