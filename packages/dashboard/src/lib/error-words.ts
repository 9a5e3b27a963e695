import { ApiError, type Problem } from '@kantos/model'
import { sentence } from './sentence.ts'

/** An error as a person reads it. */
export interface ErrorWords {
  title: string
  message: string
  problems: Problem[]
}

const TITLES: Partial<Record<ApiError['code'], string>> = {
  UNAUTHORIZED: 'You are logged out',
  FORBIDDEN: 'Your role doesn’t allow this',
  NOT_FOUND: 'Not found',
  CONFLICT: 'This conflicts with something else',
  VALIDATION_ERROR: 'Something needs your attention',
  RATE_LIMITED: 'Too many requests',
  PAYLOAD_TOO_LARGE: 'Too large',
  UNAVAILABLE: 'The server can’t be reached',
}

/** Whatever was thrown, in words: a title, one sentence, and the problems at their places. Source: SPEC.md, section 12 */
export function errorWords(error: unknown): ErrorWords {
  if (error instanceof ApiError) {
    return {
      title: TITLES[error.code] ?? 'That didn’t work',
      message: sentence(error.message),
      problems: problemsOf(error),
    }
  }
  const message = error instanceof Error && error.message !== '' ? error.message : 'Something unexpected happened.'
  return { title: 'That didn’t work', message: sentence(message), problems: [] }
}

/** The message where its title stands above it, without saying the same again. */
export function belowTitle({ title, message }: Pick<ErrorWords, 'title' | 'message'>): string {
  return message.startsWith(`${title}. `) ? message.slice(title.length + 2) : message
}

/** The `{path, message, hint?}` list of a 400 or 422, in sentences; empty for everything else. */
export function problemsOf(error: unknown): Problem[] {
  if (!(error instanceof ApiError)) return []
  const { details } = error
  if (typeof details !== 'object' || details === null || !('errors' in details)) return []
  if (!Array.isArray(details.errors)) return []
  return (details.errors as Problem[]).map(({ message, ...problem }) => ({ ...problem, message: sentence(message) }))
}

/**
 * Problems by the last part of their path, for the inputs of a form: `/field_values/email` → `email`.
 *
 * @returns messages, with their hint; several of one field stand in one text
 */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { path, message, hint } of problemsOf(error)) {
    const name = path.split('/').at(-1) ?? ''
    const words = hint === undefined ? message : `${message} ${sentence(hint)}`
    found[name] = found[name] === undefined ? words : `${found[name]} ${words}`
  }
  return found
}
