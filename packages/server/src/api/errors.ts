import { ApiError, type ApiErrorCode, invalid } from '@kantos/model'
import { classify } from '../db/states.ts'
import { SealError } from '../secrets/seal.ts'

/** A 429 that says when to come back. */
export class RateLimited extends ApiError {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('RATE_LIMITED', message, { retry_after_seconds: retryAfterSeconds })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface ErrorBody {
  error: string
  code: ApiErrorCode
  status: number
  details?: unknown
}

/** What a caller gets to read. Source: SPEC.md, section 12 */
export function errorBody(error: ApiError): ErrorBody {
  const body: ErrorBody = { error: error.message, code: error.code, status: error.status }
  if (error.details !== undefined) body.details = error.details
  return body
}

/**
 * Turns what a handler threw into the API's error. The database's own words, and those of our faults, stay inside.
 *
 * @returns `unexpected` when somebody must look at it
 */
export function toApiError(thrown: unknown): { error: ApiError; unexpected: boolean } {
  if (thrown instanceof ApiError) return { error: thrown, unexpected: false }
  // the operator's to mend, and told at the start too
  if (thrown instanceof SealError && thrown.code === 'UNKNOWN_KEY')
    return {
      error: new ApiError('UNAVAILABLE', `What is stored can’t be opened: ${thrown.message}.`),
      unexpected: false,
    }
  switch (classify(thrown)) {
    case 'unavailable':
    case 'retry':
      return {
        error: new ApiError('UNAVAILABLE', 'The database can’t be used at the moment. Try again in a while.'),
        unexpected: false,
      }
    case 'conflict':
      return { error: new ApiError('CONFLICT', 'Such an entry exists already.'), unexpected: false }
    case 'data':
      // ours to check before the database does; still the fault lies in what was sent
      return {
        error: invalid([{ path: '', message: 'A value can’t be stored: it is too large, or not of its kind.' }]),
        unexpected: true,
      }
    default:
      return { error: new ApiError('INTERNAL', 'Something went wrong on our side.'), unexpected: true }
  }
}
