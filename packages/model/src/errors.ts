/**
 * Every error code of the product, with its HTTP status. Released codes are never renamed.
 * Source: SPEC.md, section 12; SPEC-DETAILS.md, sections 6 and 12
 */
export const API_ERRORS = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_ERROR: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const
export type ApiErrorCode = keyof typeof API_ERRORS

/** Why a step or a run ended badly; shown in the execution log. */
export const RUN_ERRORS = {
  INVALID_ADDRESS: 'An e-mail address is not one valid address.',
  NO_RECIPIENT: 'There is nobody to send the e-mail to.',
  TEMPLATE_NOT_FOUND: 'The e-mail template is gone.',
  RECORD_NOT_FOUND: 'The record does not exist.',
  RECORD_DELETED: 'The record was deleted before this step.',
  OBJECT_NOT_FOUND: 'The object is gone.',
  VALIDATION_ERROR: 'A value does not fit its field.',
  DUPLICATE_VALUE: 'Another record has this value in a unique field.',
  SECRET_NOT_FOUND: 'A secret is missing.',
  EGRESS_REFUSED: 'The URL or a header is not valid, or the address is private.',
  WEBHOOK_FAILED: 'The receiver did not answer with success.',
  NETWORK: 'The network failed.',
  TIMEOUT: 'No complete answer in time.',
  SMTP_REFUSED: 'The mail server refused the message.',
  SMTP_UNAVAILABLE: 'The mail server could not be used.',
  DOUBTFUL: 'The worker died while sending; whether it was sent is unknown.',
  WORKER_LOST: 'Three workers died while performing this step.',
  POISON: 'The event stopped its worker three times.',
  TOO_MANY_ITEMS: 'The loop has more items than allowed.',
  NOT_A_LIST: 'The loop needs a list.',
  EXPRESSION: 'An expression could not be evaluated.',
  LOOP: 'The loop guard stopped the chain.',
  EXITED: 'The exit conditions held while the run waited.',
  ALREADY_ENROLLED: 'The enrolment rule does not take this record now.',
  WAIT_PAST: 'The date that the run should wait for had passed.',
  WAIT_TIMEOUT: 'What the run waited for did not happen in time.',
  INTERNAL: 'Something went wrong on our side.',
} as const
export type RunErrorCode = keyof typeof RUN_ERRORS

/** Whether a failure may pass by itself, or stays until somebody changes something. */
export type ErrorKind = 'transient' | 'permanent'

const TRANSIENT: ReadonlySet<RunErrorCode> = new Set([
  'NETWORK',
  'TIMEOUT',
  'SMTP_UNAVAILABLE',
  'WORKER_LOST',
  'POISON',
  'INTERNAL',
])

/** What a code says of its failure, where nothing more is known. */
export function errorKind(code: RunErrorCode): ErrorKind {
  return TRANSIENT.has(code) ? 'transient' : 'permanent'
}

/** A problem in something a person wrote: where (JSON pointer), what, and what to do about it. */
export interface Problem {
  path: string
  message: string
  hint?: string
}

/** A failed request: what the API answers as `{error, code, status, details?}`. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number
  readonly details: unknown

  constructor(code: ApiErrorCode, message: string, details?: unknown) {
    super(message)
    this.code = code
    this.status = API_ERRORS[code]
    this.details = details
  }
}

/** A 422 with its list of problems. */
export function invalid(errors: Problem[], message = errors[0]?.message ?? 'The request is not valid.'): ApiError {
  return new ApiError('VALIDATION_ERROR', message, { errors })
}
