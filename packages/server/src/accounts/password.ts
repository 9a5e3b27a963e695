import { ApiError } from '@kantos/model'
import { hash, verify } from '@node-rs/argon2'

/** argon2id, 19 MiB, 2 passes: about 25 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** A flood of logins must not take the cores from the engine. */
const AT_ONCE = 2
const MOST_WAITING = 50

let running = 0
const waiting: (() => void)[] = []

/** Before anything is read or counted for a login. @throws ApiError UNAVAILABLE when too many wait for their turn already */
export function refuseCrowd(): void {
  if (waiting.length >= MOST_WAITING)
    throw new ApiError('UNAVAILABLE', 'Too many logins at once. Try again in a while.')
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    refuseCrowd()
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    // the turn is handed on, so the count stays
    if (next === undefined) running--
    else next()
  }
}

/** @returns the argon2id hash, with its parameters and salt */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, COST))
}

let nobody: Promise<string> | null = null

/**
 * Whether a password is the one of a hash.
 *
 * @param stored null for an unknown user: takes as long as a wrong password does
 */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  nobody ??= hashPassword('nobody has this password')
  const against = stored ?? (await nobody)
  return (await inTurn(() => verify(against, password))) && stored !== null
}
