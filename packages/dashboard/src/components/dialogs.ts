import type { modals as Modals } from '@mantine/modals'
import { overlaysReady } from '../lib/overlays-ready.ts'

let isOpening = false

/**
 * Opens one dialog, which is loaded when it is first wanted. While one is on its way, no other can be asked for: a second click on a button that
 * seemed to do nothing would open it twice.
 *
 * @param open gets what opens dialogs, once that is there
 * @returns what `open` returns; undefined when another one is on its way
 */
export async function openOne<T>(open: (modals: typeof Modals) => T | Promise<T>): Promise<T | undefined> {
  if (isOpening) return undefined
  isOpening = true
  try {
    const [{ modals }] = await Promise.all([import('@mantine/modals'), overlaysReady])
    return await open(modals)
  } finally {
    isOpening = false
  }
}
