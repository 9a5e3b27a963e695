import { Text } from '@mantine/core'
import { overlaysReady } from '../lib/overlays-ready.ts'
import { strings } from '../strings/common.ts'

interface ConfirmOptions {
  title: string
  text: string
  /** the button that does it, such as "Delete" */
  confirm: string
  /** the button that leaves it, when "Cancel" would be unclear */
  keep?: string
  danger?: boolean
}

/** Asks before something that can't be undone. @returns true when it is wanted */
export async function confirm({
  title,
  text,
  confirm: label,
  keep = strings.cancel,
  danger = true,
}: ConfirmOptions): Promise<boolean> {
  const [{ modals }] = await Promise.all([import('@mantine/modals'), overlaysReady])
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title,
      children: (
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      ),
      closeButtonProps: { 'aria-label': strings.close },
      labels: { confirm: label, cancel: keep },
      confirmProps: danger ? { color: 'red.8' } : {},
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
      onClose: () => resolve(false),
    })
  })
}
