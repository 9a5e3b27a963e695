import type { Browser } from 'playwright-core'
import { login, open, workOf } from './browser.ts'
import { framesInWords } from './figures.ts'
import { type Api, automation } from './product.ts'

const AT_ONCE = 16

/** How a list of very many automations opens, scrolls to its end and is searched. */
export async function timeList(browser: Browser, url: string, api: Api, count: number): Promise<void> {
  for (let made = 0; made < count; made += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, index) =>
        api('POST', '/automations', automation(`Automation ${made + index}`, 'inactive')),
      ),
    )
  const page = await (await login(browser, url)).newPage()
  const { after, work } = await open(page, url, { path: '/automations', sign: 'role=row >> nth=5' })
  process.stdout.write(
    `\n${count} automations: the list can be used after ${after.toFixed(0)} ms (work: ${work.toFixed(0)} ms)\n`,
  )
  const scrolled = await workOf(page)
  const frames = await page.evaluate(async () => {
    const scroller = [...document.querySelectorAll('*')].find(
      (each) => each.scrollHeight > each.clientHeight + 100 && getComputedStyle(each).overflowY === 'auto',
    )!
    const times: number[] = []
    let before = performance.now()
    let still = 0
    while (still < 60 && times.length < 3000) {
      const top = scroller.scrollTop
      scroller.scrollTop += 120
      await new Promise(requestAnimationFrame)
      const now = performance.now()
      times.push(now - before)
      before = now
      still = scroller.scrollTop === top ? still + 1 : 0
    }
    return {
      times,
      rows: document.querySelectorAll('[role=row]').length,
      px: scroller.scrollTop,
    }
  })
  process.stdout.write(
    `scrolled ${frames.px} px in ${framesInWords(frames.times)}; ` +
      `work ${((await scrolled()) / frames.times.length).toFixed(1)} ms a frame; ${frames.rows} rows in the document\n`,
  )
  const begun = performance.now()
  await page.getByRole('textbox', { name: 'Search automations' }).fill(`Automation ${count - 1}`)
  await page.getByText(`Automation ${count - 1}`, { exact: true }).waitFor()
  await page.getByText('1 in all').waitFor()
  process.stdout.write(
    `searched in ${(performance.now() - begun).toFixed(0)} ms, of which 250 ms wait for more letters\n`,
  )
}
