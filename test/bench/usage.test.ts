// What Linux tells of processes; elsewhere nothing is known.
import { describe, expect, test } from 'bun:test'
import { childrenOf, familyOf, hostCpuMs, residentBytes, usageOf } from '../../src/bench/usage.ts'
import { until } from '../_helpers.ts'

const isLinux = process.platform === 'linux'
if (!isLinux) console.log('skipped: only Linux tells of processes')

/** Uses the CPU for a while. */
function spin(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

describe.skipIf(!isLinux)('on Linux', () => {
  test('CPU time grows with what a process does, and so does that of the host', async () => {
    const [before, host] = [usageOf([process.pid])!, hostCpuMs()!]
    await until(() => {
      spin(20)
      return usageOf([process.pid])!.cpuMs >= before.cpuMs + 40 && hostCpuMs()! >= host + 40
    })
    expect(before.bytes).toBeGreaterThan(1 << 20)
    expect(Math.abs(residentBytes(process.pid) - process.memoryUsage.rss())).toBeLessThan(1 << 28)
  })

  test('a process and all below it', async () => {
    const child = Bun.spawn(['sh', '-c', 'sleep 60 & echo started; wait'], { stdout: 'pipe' })
    try {
      await until(() => childrenOf(child.pid).length === 1)
      const family = familyOf(process.pid)
      expect(family).toContain(process.pid)
      for (const pid of [child.pid, ...childrenOf(child.pid)]) expect(family).toContain(pid)
      const [sleeper] = childrenOf(child.pid)
      expect(familyOf(child.pid)).toEqual([child.pid, sleeper!])
    } finally {
      for (const pid of familyOf(child.pid)) process.kill(pid, 'SIGKILL')
      await child.exited
    }
  })

  test('of a process that has gone nothing is known', async () => {
    const child = Bun.spawn(['true'])
    await child.exited
    expect(usageOf([child.pid])).toBeNull()
    expect(childrenOf(child.pid)).toEqual([])
  })
})
