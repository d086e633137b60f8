// The page at / in a real browser: numbers move, nothing is asked of anybody else, and it can be used on a narrow screen.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { GivenFlags } from '../../src/config/config.ts'
import { engines, serveFile, serveInProcess, start, sourceCommand, until } from '../_helpers.ts'
import { collectionOf, factsOf, seen, THREE } from '../stats/_upstreams.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const executable = names.map((name) => Bun.which(name)).find((path) => path !== null)
if (executable === undefined) console.log('skipped: no Chromium or Chrome is on the PATH')
/** A browser that does nothing of its own. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const PATIENCE_MS = 60_000

interface Shown {
  readonly page: Page
  readonly url: string
  /** Errors and warnings of the console, and what was thrown. */
  readonly complaints: string[]
  /** All that was asked for. */
  readonly asked: string[]
}

type View = Parameters<Browser['newContext']>[0]

describe.skipIf(executable === undefined)('in a browser', () => {
  let browser: Browser
  const closing: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable!, args: ARGS })
  }, PATIENCE_MS)
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  afterAll(() => browser?.close())

  const show = async (url: string, view: View = {}): Promise<Shown> => {
    const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, ...view })
    closing.push(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    const asked: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(url)
    return { page, url, complaints, asked }
  }

  const serve = (flags: GivenFlags = {}): string => {
    const running = serveInProcess({ chunkDelayMs: '5', ...flags })
    closing.push(() => running.stop(0))
    return `http://127.0.0.1:${running.port}`
  }

  /** Asks again and again on some connections until the test is over. */
  const load = (url: string): void => {
    const leaving = new AbortController()
    const ask = async (): Promise<void> => {
      while (!leaving.signal.aborted)
        await fetch(`${url}/v1/chat/completions`, { method: 'POST', signal: leaving.signal })
          .then((response) => response.text())
          .catch(() => Bun.sleep(10))
    }
    const lanes = Array.from({ length: 10 }, ask)
    closing.push(() => {
      leaving.abort()
      return Promise.all(lanes)
    })
  }

  const textOf = async (page: Page, selector: string): Promise<string> =>
    (await page.textContent(selector)) ?? ''
  const untilText = (page: Page, selector: string, pattern: RegExp): Promise<string> =>
    until(async () => {
      const text = await textOf(page, selector)
      return pattern.test(text) ? text : undefined
    })

  test.each(engines)(
    'engine %s: under load numbers move, and nobody else is asked',
    async (engine) => {
      const url = serve({ engine, fault: 'status:429@10%' })
      load(url)
      const { page, complaints, asked } = await show(url)
      await untilText(page, '#state', /^Live$/)
      const first = await untilText(page, '#tile-events', /^[\d,]{3,}$/)
      await until(async () => !['–', first].includes(await textOf(page, '#tile-events')))
      expect(await textOf(page, '#tile-requests')).toMatch(/^[\d.,]+$/)
      expect(await untilText(page, '#tile-ttftP99', /ms|s/)).toMatch(/^[\d.]+ m?s$/)
      expect(await textOf(page, '#tile-lateP99')).toMatch(/^[\d.]+ m?s$/)
      expect(await untilText(page, '#tile-open', /^[1-9]/)).toMatch(/^\d+$/)
      await untilText(page, '#faults td', /^status:429$/)
      await untilText(page, '#verdict', /schedule was/)
      expect(await textOf(page, '#routes tbody')).toContain('POST /v1/chat/completions')
      expect(await page.locator('figure:visible canvas').count()).toBe(6) // whole answers there are none
      expect(new Set(asked.filter((one) => !one.startsWith('data:')))).toEqual(
        new Set([`${url}/`, `${url}/stats?buckets`]),
      )
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test.each([
    ['light', 400],
    ['dark', 400],
    ['light', 1300],
  ] as const)(
    '%s, %d pixels: nothing stands beside the screen, and keys reach everything',
    async (colorScheme, width) => {
      const url = serve({
        apiKey: 'secret',
        model: 'a-model-with-a-long-name'.repeat(4),
        fault: 'status:429@50%',
      })
      const { page, complaints } = await show(url, { colorScheme, viewport: { width, height: 900 } })
      await untilText(page, '#state', /^Live$/)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(22, 24, 27)')
      const controls = await page.locator('a:visible, button:visible, input:visible, pre:visible').count()
      expect(controls).toBeGreaterThan(15)
      const seen = new Set<string>()
      for (let i = 0; i < controls + 20; i++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate<string | null>(`(() => {
          const one = document.activeElement
          if (one === document.body) return null
          const { outlineStyle } = getComputedStyle(one)
          const { left, right } = one.getBoundingClientRect()
          const where = [...document.querySelectorAll('*')].indexOf(one)
          return [where, outlineStyle, left >= 0 && right <= innerWidth].join(' ')
        })()`)
        if (focused !== null) seen.add(focused)
      }
      for (const one of seen) expect(one).toEndWith(' solid true')
      expect(seen.size).toBeGreaterThanOrEqual(controls)
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'with a key: asks for it, says whether it is right, and puts it into the lines',
    async () => {
      const url = serve({ apiKey: "it's" })
      const { page } = await show(url)
      const lines = (): Promise<string> => textOf(page, '.programs')
      expect(await lines()).toContain("apiKey: 'YOUR_KEY'")
      await page.fill('#key input', 'wrong')
      await page.keyboard.press('Enter')
      await untilText(page, '#key output', /^This is not the key/)
      expect(await lines()).not.toContain('wrong')
      await page.fill('#key input', 'no spaces')
      await page.click('#key button')
      await untilText(page, '#key output', /and no spaces\.$/)
      await page.fill('#key input', "it's")
      await page.click('#key button')
      await untilText(page, '#key output', /^This is the key/)
      expect(await lines()).toContain(`apiKey: 'it\\'s'`)
      expect(await lines()).toContain(`-H 'Authorization: Bearer it'\\''s'`)
      await page.reload()
      await until(async () => (await lines()).includes(`apiKey: 'it\\'s'`))
      expect(await (await fetch(url, { headers: { accept: 'text/html' } })).text()).not.toContain("it's")
    },
    PATIENCE_MS,
  )

  test(
    'lines are copied as they stand, with the address of the page',
    async () => {
      const url = serve({ model: 'mine' })
      const { page, complaints } = await show(url, { permissions: ['clipboard-read', 'clipboard-write'] })
      const copy = async (name: string): Promise<string> => {
        await page.getByLabel(`Copy: ${name}`, { exact: true }).click()
        return until(() => page.evaluate<string>('navigator.clipboard.readText()'))
      }
      expect(await copy('the base URL of OpenAI')).toBe(`${url}/v1`)
      expect(await copy('the base URL of OpenRouter')).toBe(`${url}/api/v1`)
      expect(await copy('the base URL of AWS Bedrock')).toBe(url)
      expect(await copy('curl')).toBe(`curl -N -X POST '${url}/v1/chat/completions'`)
      const program = await copy('OpenAI, JavaScript')
      expect(program).toContain(`baseURL: '${url}/v1'`)
      expect(program).toContain("model: 'mine'")
      expect(await textOf(page, 'main')).not.toContain('{{')
      // Where there is no clipboard, as on pages from other hosts in clear text.
      await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')
      await page.getByLabel('Copy: the base URL of Anthropic', { exact: true }).click()
      await untilText(page, '.urls', /Copied/)
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'asks nothing while nobody looks',
    async () => {
      const { page, asked } = await show(serve())
      await untilText(page, '#state', /^Live$/)
      const look = (hidden: boolean): Promise<unknown> =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
          document.dispatchEvent(new Event('visibilitychange'))`)
      await look(true)
      await page.waitForLoadState('networkidle')
      const before = asked.length
      await Bun.sleep(3000) // what must not happen can only be waited for
      expect(asked.length).toBe(before)
      await look(false)
      await until(() => asked.length > before + 1)
    },
    PATIENCE_MS,
  )

  test(
    'says when the mock has stopped, was started again, with which settings, and was reset',
    async () => {
      const launch = async (flags: GivenFlags): Promise<{ port: number; stop(): Promise<unknown> }> => {
        const program = start(sourceCommand, { workers: '1', graceMs: '0', ...flags })
        const stop = (): Promise<unknown> => {
          program.process.kill('SIGTERM')
          return program.process.exited
        }
        closing.push(stop)
        return { port: await program.port(), stop }
      }
      const first = await launch({ listen: '127.0.0.1:0' })
      const { page, url } = await show(`http://127.0.0.1:${first.port}`)
      await untilText(page, '#state', /^Live$/)
      await until(async () => (await textOf(page, '#tile-busy')) !== '–')
      expect(await textOf(page, '#note')).toBe('')
      await fetch(`${url}/stats/reset`, { method: 'POST' })
      await untilText(page, '#note', /a new measuring window began\.$/)
      await first.stop()
      await untilText(page, '#state', /^Not reachable since \d\d:\d\d:\d\d$/)
      expect(await textOf(page, '#tile-busy')).toBe('–')
      await launch({ listen: `127.0.0.1:${first.port}`, chunkDelayMs: '20' })
      await untilText(page, '#note', /the mock was started again/)
      expect(await textOf(page, '#state')).toBe('Live')
      await page.click('#changed a')
      await untilText(page, '.settings', /--chunk-delay-ms 20/)
      expect(await page.isVisible('#changed')).toBe(false)
    },
    PATIENCE_MS,
  )

  test.each([
    ['light', 1300],
    ['dark', 400],
  ] as const)(
    '%s, %d pixels: upstreams have a table, with the phase in force',
    async (colorScheme, width) => {
      let asked = 0
      const facts = { ...(await factsOf(THREE)), startedAtMs: Date.now() - 60_000 }
      const running = serveInProcess(
        {},
        {
          facts,
          collect: async () => {
            asked++
            const seconds = (Date.now() - facts.startedAtMs) / 1000
            return collectionOf(
              [
                ['fast', 0, seen(100 * asked)],
                ['slow', 1, seen(10 * asked, 503, 200)],
              ],
              seconds,
            )
          },
        },
      )
      closing.push(() => running.stop(0))
      const url = `http://127.0.0.1:${running.port}`
      const { page, complaints } = await show(url, { colorScheme, viewport: { width, height: 900 } })
      await untilText(page, '#upstreams tbody', /0\.1 ms/)
      const rows = await page.evaluate<string[][]>(
        `[...document.querySelectorAll('#upstreams tbody tr')].map(({ cells }) => [...cells].map(({ textContent }) => textContent))`,
      )
      const [fast, slow, other] = rows
      expect(fast!.slice(0, 4)).toEqual(['fast', `${url}/fast`, '', 'kept'])
      expect(Number(fast![4])).toBeGreaterThan(0)
      expect(slow!.slice(0, 4)).toEqual(['slow', `${url}/slow`, '2 of 2 (from 30 s)', 'kept'])
      expect(Number(slow![5])).toBeGreaterThan(0)
      expect(other).toEqual(['other', 'http://127.0.0.1:9002', '', '–', '0', '0', '0', '–', '–'])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await page.isVisible('#changed')).toBe(false)
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'behind prefixes each upstream has a page of its own, with lines that lead there',
    async () => {
      const running = await serveFile(`chunk-delay-ms: 0
upstreams: [{ name: fast, prefix: /fast, api-key: sk-fast }, { name: slow, prefix: /eu/slow, model: slow-1 }]
`)
      closing.push(() => running.stop(0))
      const url = `http://127.0.0.1:${running.port}`
      const { page, complaints } = await show(url)
      const firstLine = (): Promise<string> => textOf(page, '.urls code')
      expect(await firstLine()).toBe(`${url}/fast/v1`)
      await page.fill('#key-field', 'sk-fast')
      await page.click('#key button')
      await untilText(page, '#key output', /^This is the key/)
      await page.click('#upstreams a >> text=/slow')
      await page.waitForURL(`${url}/eu/slow/`)
      expect(await firstLine()).toBe(`${url}/eu/slow/v1`)
      expect(await textOf(page, '#use')).toBe('Use slow')
      const asked = await fetch(`${await firstLine()}/models`)
      expect(await asked.text()).toContain('slow-1')
      await untilText(page, '#state', /^Live$/)
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'one upstream without a name has no table',
    async () => {
      const { page } = await show(serve())
      await untilText(page, '#state', /^Live$/)
      expect(await page.isVisible('#upstreams')).toBe(false)
    },
    PATIENCE_MS,
  )
})
