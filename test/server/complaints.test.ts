// What goes wrong with the program itself is one line a kind, and never holds it up.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Complaints } from '../../src/server/complaints.ts'
import { root } from '../_helpers.ts'

function collect(): { complaints: Complaints; lines: string[] } {
  const lines: string[] = []
  return { complaints: new Complaints((line) => lines.push(line)), lines }
}

test('a line the first, the tenth, the hundredth time', () => {
  const { complaints, lines } = collect()
  const thrown = new TypeError('it broke\nbadly')
  for (let i = 0; i < 1000; i++) complaints.tell(thrown)
  expect(lines).toHaveLength(4)
  expect(lines[0]).toStartWith('mock-llm-api: a fault of the mock: TypeError: it broke badly, at ')
  expect(lines[0]).toEndWith('\n')
  expect(lines[3]).toEndWith(' (1000 times)\n')
  for (const line of lines) expect(line.match(/\n/g)).toHaveLength(1)
})

test('kinds are told apart, and there is an end to them and to their length', () => {
  const { complaints, lines } = collect()
  for (let i = 0; i < 500; i++) complaints.tell(`kind ${i} ${'x'.repeat(10_000)}`)
  expect(lines).toHaveLength(100)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300)
})

test.each([undefined, null, 7, '', { a: 1 }])('whatever is thrown: %j', (thrown) => {
  const { complaints, lines } = collect()
  complaints.tell(thrown)
  expect(lines).toHaveLength(1)
})

test('an unread pipe holds nobody up', async () => {
  const script = `
    import { Complaints } from ${JSON.stringify(join(root, 'src', 'server', 'complaints.ts'))}
    const complaints = new Complaints()
    for (let i = 0; i < 90; i++) complaints.tell('x'.repeat(150) + i)
    for (let i = 0; i < 200; i++) process.stderr.write('y'.repeat(1000) + '\\n') // full by now
    complaints.tell('one more')
    process.stdout.write('done')
    process.exit(0)`
  const child = Bun.spawn(['sh', '-c', '"$0" -e "$1" 2>&3 3>&-', process.execPath, script], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    timeout: 15_000,
  })
  expect(await child.stdout.text()).toBe('done')
  await child.exited
})
