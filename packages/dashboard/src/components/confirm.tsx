import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { strings } from '../strings/common.ts'

interface ConfirmOptions {
  title: string
  text: string
  /** the button that does it, such as "Delete" */
  confirm: string
  danger?: boolean
}

/** Asks before something that can't be undone. @returns true when it is wanted */
export function confirm({ title, text, confirm: label, danger = true }: ConfirmOptions): Promise<boolean> {
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title,
      children: (
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      ),
      labels: { confirm: label, cancel: strings.cancel },
      confirmProps: { color: danger ? 'red.8' : 'iris', 'data-autofocus': true } as never,
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
      onClose: () => resolve(false),
    })
  })
}
