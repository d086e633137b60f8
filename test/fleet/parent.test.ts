// A program that ends with whoever has started it, however that ends.
import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ready } from '../../src/fleet/readyfile.ts'
import { isAlive, sourceCommand, temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'

test('it ends when its parent is killed, and its workers with it', async () => {
  const folder = temporaryFolder()
  const path = join(folder.path, 'ready')
  const options = `--port 0 --quiet -w 1 --grace-ms 0 --exit-with-parent --ready-file ${path}`
  const parent = Bun.spawn(['sh', '-c', `${sourceCommand.join(' ')} ${options} & wait`], {
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  leash(parent)
  try {
    await until(() => existsSync(path))
    const { pid, url } = JSON.parse(readFileSync(path, 'utf8')) as Ready
    expect((await fetch(`${url}/health`)).status).toBe(200)
    parent.kill('SIGKILL')
    await parent.exited
    await until(() => !isAlive(pid))
    expect(existsSync(path)).toBe(false)
    await until(() =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    )
  } finally {
    folder.remove()
  }
})
