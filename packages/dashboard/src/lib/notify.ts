import type { NotificationData } from '@mantine/notifications'
import { errorWords } from './error-words.ts'

/** Says that something was done. */
export function notifyDone(message: string): void {
  void show({ message, color: 'teal', withBorder: true })
}

/** Says what went wrong, in words. */
export function notifyError(error: unknown): void {
  const { title, message, problems } = errorWords(error)
  const [first] = problems
  const text = first === undefined || first.message === message ? message : `${message} ${first.message}`
  void show({ title, message: text, color: 'red', withBorder: true, autoClose: 10_000 })
}

/** Messages come after the page, so their code isn't waited for. */
async function show(data: NotificationData): Promise<void> {
  const { notifications } = await import('@mantine/notifications')
  notifications.show(data)
}
