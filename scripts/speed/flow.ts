import type { Browser, Page } from 'playwright-core'
import { login, open, workOf } from './browser.ts'
import { framesInWords, middle } from './figures.ts'
import { type Api, automation } from './product.ts'

const ROUNDS = 3
const SELECTIONS = 10
const MOVES = 180
const LETTERS = 'A letter of thanks'
/** of a branch with two ways */
const STEPS_OF_A_BRANCH = 10

const note = (words: string) => ({ type: 'update_record', config: { fields: { notes: words } } })

/** A flow of about so many steps: branches one after the other, each with steps on both ways. */
function flowOf(steps: number) {
  const actions = Array.from({ length: Math.max(1, Math.round(steps / STEPS_OF_A_BRANCH)) }, (_, n) => [
    note(`Part ${n}: {{record.name}}`),
    {
      type: 'branch',
      config: {
        conditions: [
          {
            if: { match: 'all', rules: [{ field: 'score', operator: 'greater_than', value: n }] },
            then: Array.from({ length: 4 }, (_each, at) => note(`High ${n}.${at}`)),
          },
          { else: Array.from({ length: 4 }, (_each, at) => note(`Low ${n}.${at}`)) },
        ],
      },
    },
  ]).flat()
  return { ...automation('A long way', 'inactive'), actions }
}

/** How the builder opens a flow of so many steps, moves it, selects in it, and takes what is typed. */
export async function timeFlow(browser: Browser, url: string, api: Api, steps: number): Promise<void> {
  const { id } = await api('POST', '/automations', flowOf(steps))
  const look = { path: `/automations/${id}`, sign: '[data-node="trigger"]' }
  const opened = []
  let page: Page | undefined
  for (let round = 0; round < ROUNDS; round++) {
    await page?.context().close()
    page = await (await login(browser, url)).newPage()
    opened.push(await open(page, url, look))
  }
  const after = middle(opened.map((each) => each.after))
  const work = middle(opened.map((each) => each.work))
  process.stdout.write(
    `\nA flow of ${steps} steps: the builder can be used after ${after.toFixed(0)} ms (work: ${work.toFixed(0)} ms)\n`,
  )
  await drag(page!)
  await select(page!)
  await type(page!)
  await page!.context().close()
}

/** Drags the flow to and fro by its ground. */
async function drag(page: Page): Promise<void> {
  const ground = (await page.locator('.react-flow__pane').boundingBox())!
  const [x, y] = [ground.x + 40, ground.y + ground.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  const work = await workOf(page)
  await page.evaluate(() => {
    const frames: number[] = []
    let before = performance.now()
    const each = (now: number): void => {
      frames.push(now - before)
      before = now
      requestAnimationFrame(each)
    }
    requestAnimationFrame(each)
    Object.assign(globalThis, { frames })
  })
  for (let move = 1; move <= MOVES; move++) await page.mouse.move(x, y - 300 * Math.sin((move / MOVES) * 4 * Math.PI))
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames)
  await page.mouse.up()
  process.stdout.write(
    `moved in ${framesInWords(frames)}; work ${((await work()) / frames.length).toFixed(1)} ms a frame\n`,
  )
}

/** Selects the steps that are in sight, one after the other. */
async function select(page: Page): Promise<void> {
  const keys = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[data-node]')]
      .filter((node) => {
        const { top, bottom, left, right } = node.getBoundingClientRect()
        return top > 100 && bottom < innerHeight && left > 0 && right < innerWidth - 450
      })
      .map((node) => node.dataset['node']!),
  )
  const works: number[] = []
  for (let n = 0; n < SELECTIONS; n++) {
    const work = await workOf(page)
    await page.locator(`[data-node="${keys[n % keys.length]}"]`).click()
    await page.locator(`[data-node="${keys[n % keys.length]}"][aria-current="true"]`).waitFor()
    works.push(await work())
  }
  process.stdout.write(`a selection: work ${middle(works).toFixed(0)} ms\n`)
}

/** Types into the text of the first step. */
async function type(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.locator('[data-node="step:update_record_1"]').click()
  await page.getByRole('complementary').getByText('Part 0').first().click()
  await page.keyboard.press('End')
  const work = await workOf(page)
  await page.keyboard.type(LETTERS)
  await page.getByRole('complementary').getByText(LETTERS).first().waitFor()
  process.stdout.write(`a letter: work ${((await work()) / LETTERS.length).toFixed(0)} ms\n`)
}
