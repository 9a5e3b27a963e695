import type { Random } from './random.ts'
import type { Harm, Judge } from './proxy.ts'

/** Something committed: a `COMMIT`, or the one-statement write of a record. */
export interface CommitSeen {
  /** as the connection's start-up packet says, e.g. `kantos worker` */
  application: string
}

const WRITE = /^records-(?:flush|guarded)-/
const MOST_KEPT = 64 * 1024 * 1024

/** Harm that some connection of an application is still to suffer, and how often it came about. */
export interface Harming {
  wanted: { application: string; kind: Harm['kind']; way: 'sent' | 'answered' } | null
  done: number
}

const LONGEST_DELAY_MS = 1_500

/**
 * Reads along what a client says to PostgreSQL. It swallows the answer of a commit when it is told to, and delays, resets or cuts, in the
 * middle of a message, what goes the one way or the other.
 *
 * Messages are `type (1 byte) length (4) body`, save for the first, which has no type. A commit is a simple query (`Q`) of that
 * word, or the execution of a statement that writes records by itself, outside a transaction.
 *
 * @param wants asked at each commit that passes; true: its answer is lost
 * @param lost told once PostgreSQL has committed and nobody will hear of it
 */
export function judgePostgres(
  wants: (commit: CommitSeen) => boolean,
  lost: (commit: CommitSeen) => void,
  harming: Harming,
  random: Random,
): Judge {
  let rest: Buffer = Buffer.alloc(0)
  let started = false
  let application = ''
  let inTransaction = false
  const harm = (way: 'sent' | 'answered', { length }: Buffer): Harm | null => {
    const { wanted } = harming
    if (wanted === null || wanted.way !== way || wanted.application !== application || length < 2) return null
    harming.wanted = null
    harming.done += 1
    if (wanted.kind === 'delay') return { kind: 'delay', ms: Math.round(random.between(50, LONGEST_DELAY_MS)) }
    if (wanted.kind === 'cut') return { kind: 'cut', bytes: 1 + Math.floor(random.next() * (length - 1)) }
    return { kind: 'reset' }
  }
  const sent: Judge['sent'] = (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let found: 'commit' | 'write' | null = null
    for (;;) {
      const head = started ? 5 : 4
      if (rest.length < head) break
      const length = rest.readInt32BE(started ? 1 : 0) + (started ? 1 : 0)
      if (length < head || length > MOST_KEPT) throw new Error('These bytes are no PostgreSQL messages.')
      if (rest.length < length) break
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      if (!started) {
        started = true
        const words = message.subarray(8).toString('utf8').split('\0')
        application = words[words.indexOf('application_name') + 1] ?? ''
      } else {
        const said = saidIn(message)
        if (said === 'begin') inTransaction = true
        if (said === 'commit' || said === 'rollback') inTransaction = false
        if (said === 'commit' || (said === 'write' && !inTransaction)) found = said
      }
    }
    if (found === null || !wants({ application })) return harm('sent', piece)
    const isCommit = found === 'commit'
    return {
      kind: 'swallow',
      // idle again: outside any transaction, so what was written is committed, unless it failed
      isAnswer: (answer) => answer.subarray(-6).equals(IDLE),
      done: (answer) => {
        if (answer.includes(isCommit ? 'COMMIT\0' : 'SELECT ')) lost({ application })
      },
    }
  }
  return { sent, answered: (piece) => harm('answered', piece) }
}

const IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

function saidIn(message: Buffer): 'begin' | 'commit' | 'rollback' | 'write' | null {
  const type = message[0]
  if (type === 0x51) {
    const word = /^(begin|commit|rollback)\b/i.exec(message.subarray(5, 20).toString('latin1'))?.[1]
    return (word?.toLowerCase() ?? null) as 'begin' | 'commit' | 'rollback' | null
  }
  if (type !== 0x42) return null
  // Bind: portal, then the statement's name
  const portalEnd = message.indexOf(0, 5)
  const name = message.subarray(portalEnd + 1, message.indexOf(0, portalEnd + 1)).toString('latin1')
  return WRITE.test(name) ? 'write' : null
}
