import { createSpotlight } from '@mantine/spotlight'

const [store, actions] = createSpotlight()

export const searchStore = store

/** Opens the search over everything (Ctrl K). */
export function openSearch(): void {
  actions.open()
}
