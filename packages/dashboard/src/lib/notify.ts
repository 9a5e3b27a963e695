import { ApiError } from '@kantos/model'
import type { NotificationData } from '@mantine/notifications'
import { belowTitle, errorWords } from './error-words.ts'

/** Says that something was done. */
export function notifyDone(message: string): void {
  void show({ message, color: 'teal', withBorder: true })
}

/** Says what went wrong, in words. That a session has ended isn't said here: the page to log in comes up by itself. */
export function notifyError(error: unknown): void {
  if (error instanceof ApiError && error.code === 'UNAUTHORIZED') return
  const { title, problems, ...words } = errorWords(error)
  const message = belowTitle({ title, ...words })
  const [first] = problems
  const text = first === undefined || first.message === message ? message : `${message} ${first.message}`
  void show({ title, message: text, color: 'red', withBorder: true, autoClose: 10_000 })
}

/** Messages come after the page, so their code isn't waited for. */
async function show(data: NotificationData): Promise<void> {
  const { notifications } = await import('@mantine/notifications')
  notifications.show(data)
}
