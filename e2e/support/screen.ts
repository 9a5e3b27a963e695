import type { Locator, Page } from 'playwright-core'

/** Waits until something is on the screen. */
export function seen(what: Locator): Promise<void> {
  return what.first().waitFor({ state: 'visible' })
}

/** Opens a picker by its label and takes one of its options, with the mouse. */
export async function pick(within: Page | Locator, label: string, option: string, index = 0): Promise<void> {
  const page = 'page' in within ? within.page() : within
  await within.getByRole('combobox', { name: label, exact: true }).nth(index).click()
  await page.getByRole('option', { name: option }).first().click()
}

/** Types into a field that knows templates. */
export async function write(within: Page | Locator, label: string, text: string): Promise<void> {
  const field = within.getByRole('textbox', { name: label, exact: true })
  await field.click()
  await field.pressSequentially(text)
}
