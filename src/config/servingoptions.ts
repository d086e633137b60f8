// The options of serving: where, by what, and how it ends. Rows of the table of options.
import {
  anyText,
  DAY_MS,
  milliseconds,
  oneOf,
  optional,
  parseListen,
  parseMode,
  wholeNumber,
  yesOrNo,
} from './parsers.ts'
import { run, typed, upstream } from './scopes.ts'

/** The file that stands for stdout. */
export const STDOUT = '-'

/** In the order of the help. */
export const servingOptions = {
  config: run('serving', {
    value: 'FILE',
    default: '',
    help: 'options, upstreams and phases, as YAML or JSON: help upstreams',
    parse: anyText,
  }),
  listen: run('serving', {
    short: 'l',
    value: 'ADDR',
    default: '127.0.0.1:8080',
    help: 'host:port, :port (all IPv4), [v6]:port, or none',
    parse: parseListen,
  }),
  port: typed('serving', {
    short: 'p',
    shortFor: 'listen',
    value: 'N',
    default: '',
    help: 'the port of --listen; 0 = any free one, which is printed',
    parse: optional(wholeNumber(0, 65_535)),
  }),
  socket: run('serving', {
    value: 'PATH',
    default: '',
    help: 'listen on this Unix socket as well, or alone with --listen none',
    parse: anyText,
  }),
  socketMode: run('serving', {
    value: 'MODE',
    default: '600',
    help: 'permissions of the socket: who may write may connect',
    parse: parseMode,
  }),
  engine: run('serving', {
    value: 'NAME',
    default: 'bun',
    help: 'bun: HTTP/1.1, HTTP/2, TLS; socket: HTTP/1.1 only, faster',
    parse: oneOf('bun', 'socket'),
  }),
  workers: run('serving', {
    short: 'w',
    value: 'N',
    default: '0',
    help: 'worker processes; 0 = one per CPU this process may use',
    parse: wholeNumber(0, 1024),
  }),
  graceMs: run('serving', {
    value: 'MS',
    default: '8000',
    help: 'how long open streams may go on after the first signal',
    parse: milliseconds(DAY_MS),
  }),
  readyFile: run('serving', {
    value: 'FILE',
    default: '',
    help: 'urls, port and pid as JSON, while all serve; - is stdout',
    parse: anyText,
  }),
  exitWithParent: run('serving', {
    default: 'false',
    help: 'end when the process that has started it ends, however that does',
    parse: yesOrNo,
  }),
  readyAfter: upstream('serving', {
    value: 'MS',
    default: '0',
    help: '/readyz answers 503 until then, as in 30s',
    parse: milliseconds(DAY_MS),
  }),
  control: run('serving', {
    default: 'false',
    help: 'PATCH /control changes upstreams while they serve: help control',
    parse: yesOrNo,
  }),
  sessions: run('serving', {
    value: 'N',
    default: '0',
    help: 'tests told apart by X-Test-Session: the last N, in one worker',
    parse: wholeNumber(0, 2_000),
  }),
  noWarmUp: run('serving', {
    default: 'false',
    help: 'serve 0.2 s sooner, and late in the first seconds',
    parse: yesOrNo,
  }),
  tls: run('serving', {
    default: 'false',
    help: 'serve TLS, with a self-signed certificate unless one is given',
    parse: yesOrNo,
  }),
  tlsCert: run('serving', {
    value: 'FILE',
    default: '',
    help: 'serve TLS with this certificate (PEM, chain included)',
    parse: anyText,
  }),
  tlsKey: run('serving', {
    value: 'FILE',
    default: '',
    help: 'the private key of --tls-cert (PEM)',
    parse: anyText,
  }),
  cors: upstream('serving', {
    default: 'false',
    help: 'let pages of any origin in browsers use the mock',
    parse: yesOrNo,
  }),
  noPage: run('serving', {
    default: 'false',
    help: '/ is JSON for browsers as well, and not a page',
    parse: yesOrNo,
  }),
}
