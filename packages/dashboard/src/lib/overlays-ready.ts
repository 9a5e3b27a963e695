let tell = () => {}

/** Settles once dialogs can be opened: they are loaded after the page, and one that is asked for before would be lost. */
export const overlaysReady = new Promise<void>((resolve) => {
  tell = resolve
})

/** Said by the overlays themselves, when they are on the page. */
export function overlaysAreReady(): void {
  tell()
}
