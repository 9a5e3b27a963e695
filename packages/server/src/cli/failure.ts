import { ApiError, type Problem } from '@kantos/model'
import { classify } from '../db/states.ts'
import type { Config } from './config.ts'

/**
 * What went wrong, for the person at the terminal: one line, and a line for each problem of a list.
 *
 * @param config when it could be read; its DATABASE_URL is named without its password
 */
export function explainFailure(error: unknown, config: Config | null): string {
  if (error instanceof ApiError) {
    const problems = (error.details as { errors?: Problem[] } | undefined)?.errors ?? []
    return [error.message, ...problems.map(problemLine)].join('\n')
  }
  const message = messageOf(error)
  if (classify(error) !== 'unavailable') return message
  const at = config?.databaseUrl == null ? 'the embedded database' : placeOf(config.databaseUrl)
  return `PostgreSQL can't be reached at ${at}: ${message}`
}

function problemLine({ path, message, hint }: Problem): string {
  return `  ${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** Node's errors of several addresses have no message of their own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return [...new Set(error.errors.map((one) => messageOf(one)))].join('; ')
  return error instanceof Error ? error.message || error.name : String(error)
}

/** `postgres://kantos:secret@db:5432/kantos` → `db:5432/kantos` */
function placeOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `${host === '' ? 'its socket' : host}${pathname}`
}
