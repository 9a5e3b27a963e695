import type { ReactNode } from 'react'
import { overlaysReady } from '../lib/overlays-ready.ts'
import { strings } from '../strings/common.ts'

/** Opens a dialog; it is loaded when it is first wanted. @param content gets what closes it */
export async function openDialog(title: string, content: (close: () => void) => ReactNode): Promise<void> {
  const [{ modals }] = await Promise.all([import('@mantine/modals'), overlaysReady])
  const id = modals.open({
    title,
    closeButtonProps: { 'aria-label': strings.close },
    children: content(() => modals.close(id)),
  })
}
