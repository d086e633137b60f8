// From options to what is asked for: reads the files that they name.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import { messageOf, RunError } from '../../config/errors.ts'
import type { RequestConfig } from '../../config/requests.ts'
import { formatNames } from '../../config/requests.ts'
import { formatOf } from './formats.ts'
import { chooseFormat, type Wishes } from './target.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** How requests to `url` should be; keys are in the environment. @throws RunError where a file cannot be read */
export function settleWishes(config: RequestConfig, url: URL, environment: Environment): Wishes {
  const { format, model, body, header, whole, http2, insecure, cacert } = config
  const variables = formatNames.flatMap((name) => formatOf(name).key?.variable ?? [])
  return {
    format: chooseFormat(url, format),
    model,
    body: body === '' ? null : read(body, '--body'),
    headers: header,
    isWhole: whole,
    isHttp2: http2,
    isInsecure: insecure,
    ca: cacert === '' ? null : readAuthorities(cacert),
    keys: Object.fromEntries(variables.map((name) => [name, environment[name]])),
  }
}

/**
 * Those of the file, behind the well-known ones, which TLS would forget where others are given. Measured: with all of them a connection
 * takes 0.1 ms longer. What is no PEM TLS would refuse in words of its own.
 */
export function readAuthorities(path: string): string {
  const text = read(path, '--cacert')
  try {
    new X509Certificate(text)
  } catch {
    throw new RunError(`cannot use --cacert ${path}: there is no PEM of a certificate in it`)
  }
  return [...tls.rootCertificates, text].join('\n')
}

function read(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new RunError(`cannot read ${flag} ${path}: ${messageOf(thrown)}`)
  }
}
