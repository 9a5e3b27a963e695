/**
 * What an error of the database means for the one who asked:
 *
 * - `retry`: the transaction met another one (deadlock, serialization, row moved to another partition); repeat it whole
 * - `unavailable`: the database can't be reached or can't work now; repeat later with back-off, answer 503
 * - `conflict`: a unique value is taken
 * - `data`: this input can't be stored or computed; repeating changes nothing
 * - `bug`: everything else: ours to fix
 */
export type Meaning = 'retry' | 'unavailable' | 'conflict' | 'data' | 'bug'

const UNIQUE_VIOLATION = '23505'

/** By the class of the SQLSTATE, its first two characters. */
const CLASSES: Record<string, Meaning> = {
  '08': 'unavailable', // connection exception
  '22': 'data', // data exception
  '23': 'data', // integrity constraint violation
  '25': 'unavailable', // invalid transaction state: timed out while idle, or on a server that only reads since a fail-over
  '40': 'retry', // transaction rollback
  '53': 'unavailable', // insufficient resources: disk full, too many connections
  '54': 'data', // program limit exceeded
  '55': 'retry', // object not in the needed state: a lock wasn't available
  '57': 'unavailable', // operator intervention: shutdown, statement timeout
  '58': 'unavailable', // system error: input or output failed
}

/** Single states that their class would misjudge. */
const STATES: Record<string, Meaning> = {
  [UNIQUE_VIOLATION]: 'conflict',
  '25001': 'bug', // active transaction
  '25P01': 'bug', // no active transaction
  '25P02': 'bug', // went on in a failed transaction
  '54023': 'bug', // too many arguments
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What pg says, without a code, when a connection is lost or can't be had. */
const LOST =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error|not queryable/

/**
 * Reads the SQLSTATE, or the network's code, of what a query threw. An error that isn't the database's is a `bug`.
 *
 * Source: DESIGN.md, section 7
 */
export function classify(error: unknown): Meaning {
  if (!(error instanceof Error)) return 'bug'
  const code = (error as Error & { code?: unknown }).code
  if (typeof code === 'string') {
    if (NETWORK.has(code)) return 'unavailable'
    if (/^[0-9A-Z]{5}$/.test(code)) return STATES[code] ?? CLASSES[code.slice(0, 2)] ?? 'bug'
  }
  if (LOST.test(error.message)) return 'unavailable'
  // Several addresses of one host name, all refused.
  if (error instanceof AggregateError && error.errors.length > 0) return classify(error.errors[0])
  return error.cause === undefined ? 'bug' : classify(error.cause)
}
