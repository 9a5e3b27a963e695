import { notifications } from '@mantine/notifications'
import { errorWords } from './error-words.ts'

/** Says that something was done. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', withBorder: true })
}

/** Says what went wrong, in words. */
export function notifyError(error: unknown): void {
  const { title, message, problems } = errorWords(error)
  const [first] = problems
  const text = first === undefined || first.message === message ? message : `${message} ${first.message}`
  notifications.show({ title, message: text, color: 'red', withBorder: true, autoClose: 10_000 })
}
