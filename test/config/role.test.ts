import { expect, test } from 'bun:test'
import { childEnvironment, ROLE_VARIABLE } from '../../src/config/role.ts'

const given = {
  PATH: '/bin',
  MOCK_LLM_API_KEY: 'secret',
  [ROLE_VARIABLE]: 'somebody else',
  BUN_INSPECT: 'ws://127.0.0.1:6499',
  BUN_INSPECT_CONNECT_TO: 'tcp://127.0.0.1:6499',
  BUN_INSPECT_NOTIFY: 'unix:///tmp/x',
  BUN_INSPECT_PRELOAD: '/x.ts',
  BUN_OPTIONS: '--smol --inspect-brk=1 --inspect --preload=/inspect.ts',
  NOT_SET: undefined,
}
const inherited = { PATH: '/bin', BUN_OPTIONS: '--smol --preload=/inspect.ts' }

test('a child gets its role, and neither our variables nor those of the inspector', () => {
  expect(childEnvironment(given, 'worker')).toEqual({ ...inherited, [ROLE_VARIABLE]: 'worker' })
  expect(childEnvironment(given)).toEqual(inherited)
})
