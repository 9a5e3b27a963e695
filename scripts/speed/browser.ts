import type { Browser, BrowserContext, Page } from 'playwright-core'

export const OWNER = { email: 'olga@example.com', password: 'correct horse battery' }
/** Tasks of the browser that begin later than this after the page was seen aren't its own. */
const QUIET_MS = 500

export interface Look {
  path: string
  /** seen when the page's contents are there */
  sign: string
}

export interface Opened {
  /** ms from the start of the navigation until the page is there and the browser answers */
  after: number
  /** ms that the page's own thread worked for it: what a busy machine doesn't change */
  work: number
}

/** Opens a page and waits until it can be used. */
export async function open(page: Page, url: string, { path, sign }: Look): Promise<Opened> {
  const work = await workOf(page)
  await page.goto(url + path, { waitUntil: 'commit' })
  await page.locator(sign).first().waitFor()
  const after = await page.evaluate(async (quiet) => {
    const seen = performance.now()
    await new Promise((resolve) => setTimeout(resolve, quiet))
    const tasks = await new Promise<PerformanceEntry[]>((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type: 'longtask', buffered: true })
      setTimeout(() => resolve([]), 50)
    })
    const own = tasks.filter(({ startTime }) => startTime < seen + quiet / 5)
    return Math.max(seen, ...own.map(({ startTime, duration }) => startTime + duration))
  }, QUIET_MS)
  return { after, work: await work() }
}

/** Begins to count. @returns gives the ms of CPU time that the page's main thread took since */
export async function workOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const total = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
  const before = await total()
  return async () => {
    const now = await total()
    // a navigation to another site begins in a process of its own, whose count is at 0
    return now < before ? now : now - before
  }
}

export async function login(browser: Browser, url: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await context.request.post(`${url}/api/session`, { data: OWNER, headers: { origin: url } })
  return context
}
