import type { ReactNode } from 'react'
import { strings } from '../strings/common.ts'
import { openOne } from './dialogs.ts'

type Content = (close: () => void) => ReactNode

/**
 * Opens a dialog, once: clicks while it is loaded mean the first one.
 *
 * @param load gives its content, which gets what closes it; may load it first
 */
export async function openDialog(title: string, load: () => Content | Promise<Content>): Promise<void> {
  await openOne(async (modals) => {
    const content = await load()
    const id = modals.open({
      title,
      closeButtonProps: { 'aria-label': strings.close },
      children: content(() => modals.close(id)),
    })
  })
}
