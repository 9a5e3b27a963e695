import { Text } from '@mantine/core'
import { strings } from '../strings/common.ts'
import { openOne } from './dialogs.ts'

interface ConfirmOptions {
  title: string
  text: string
  /** the button that does it, such as "Delete" */
  confirm: string
  /** the button that leaves it, when "Cancel" would be unclear */
  keep?: string
  danger?: boolean
}

/** Asks before something that can't be undone. @returns true when it is wanted; false also when another dialog is just opening */
export async function confirm({
  title,
  text,
  confirm: label,
  keep = strings.cancel,
  danger = true,
}: ConfirmOptions): Promise<boolean> {
  let answer = (_sure: boolean): void => {}
  const answered = new Promise<boolean>((resolve) => (answer = resolve))
  const opened = await openOne((modals) =>
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
      onConfirm: () => answer(true),
      onCancel: () => answer(false),
      onClose: () => answer(false),
    }),
  )
  return opened === undefined ? false : answered
}
