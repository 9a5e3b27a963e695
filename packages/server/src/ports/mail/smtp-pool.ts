import { Readable } from 'node:stream'
import SMTPConnection, { type SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection'
import type { ComposedMail } from './compose.ts'
import { MailDeadline, SmtpFailure } from './failure.ts'
import type { SmtpServer } from './smtp-url.ts'

export interface SmtpPool {
  /**
   * @param signal ends the send wherever it stands, and its connection with it
   * @throws SmtpFailure
   */
  send(mail: ComposedMail, signal: AbortSignal): Promise<SMTPConnectionSendInfo>
  /** Says goodbye on the idle connections. */
  close(): void
}

interface Session {
  connection: SMTPConnection
  sent: number
  idle?: NodeJS.Timeout
}

const IDLE_MS = 10_000
const MAILS_PER_CONNECTION = 100

/**
 * Connections to one SMTP server. Its own, and not the library's pool: there a mail can't be given up, so a server
 * that drips its answers would hold a place for ever, and nothing tells whether a failed mail may have been taken.
 */
export function createSmtpPool(options: SmtpServer & { timeoutMs: number; connections: number }): SmtpPool {
  const idle: Session[] = []
  const waiting: (() => void)[] = []
  let free = options.connections
  let closed = false

  const retire = (session: Session) => {
    clearTimeout(session.idle)
    const at = idle.indexOf(session)
    if (at !== -1) idle.splice(at, 1)
  }
  const keep = (session: Session) => {
    session.sent += 1
    if (closed || session.sent >= MAILS_PER_CONNECTION) return session.connection.quit()
    session.idle = setTimeout(() => {
      retire(session)
      session.connection.quit()
    }, IDLE_MS)
    idle.push(session)
  }
  const takePlace = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (free > 0) {
        free -= 1
        return resolve()
      }
      const abort = () => {
        waiting.splice(waiting.indexOf(take), 1)
        reject(new SmtpFailure(new MailDeadline(), false))
      }
      const take = () => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      signal.addEventListener('abort', abort, { once: true })
      waiting.push(take)
    })
  const givePlace = () => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }

  return {
    async send(mail, signal) {
      await takePlace(signal)
      try {
        for (;;) {
          const used = idle.pop()
          clearTimeout(used?.idle)
          const session = used ?? (await openSession(options, signal, retire))
          try {
            const info = await deliver(session.connection, mail, signal)
            keep(session)
            return info
          } catch (error) {
            session.connection.close()
            // The server had ended the kept connection meanwhile. Nothing was handed over, so a fresh one may try.
            if (used !== undefined && error instanceof SmtpFailure && error.connectionWasStale) continue
            throw error
          }
        }
      } finally {
        givePlace()
      }
    },
    close() {
      closed = true
      for (const session of idle.splice(0)) {
        clearTimeout(session.idle)
        session.connection.quit()
      }
    },
  }
}

function openSession(
  { host, port, secure, auth, requireTLS, rejectUnauthorized, timeoutMs }: SmtpServer & { timeoutMs: number },
  signal: AbortSignal,
  retire: (session: Session) => void,
): Promise<Session> {
  const connection = new SMTPConnection({
    host,
    port,
    secure,
    requireTLS,
    tls: { rejectUnauthorized },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: 1000,
    maxResponseSize: 64 * 1024,
  })
  const session: Session = { connection, sent: 0 }
  return untilAborted(
    connection,
    signal,
    () => false,
    (resolve, reject) => {
      connection.on('error', reject)
      connection.once('end', () => retire(session))
      connection.connect((failed) => {
        if (failed) return reject(failed)
        if (auth === null) return resolve(session)
        connection.login({ credentials: auth }, (refused) => (refused ? reject(refused) : resolve(session)))
      })
    },
  )
}

function deliver(
  connection: SMTPConnection,
  { envelope, message }: ComposedMail,
  signal: AbortSignal,
): Promise<SMTPConnectionSendInfo> {
  let handedOver = false
  // Read only after the server has said "go on" to DATA.
  const content = new Readable({
    read() {
      handedOver = true
      this.push(message)
      this.push(null)
    },
  })
  return untilAborted(
    connection,
    signal,
    () => handedOver,
    (resolve, reject) => {
      connection.send({ ...envelope, size: message.length, use8BitMime: true }, content, (error, info) =>
        error || info === undefined ? reject(error ?? new Error('no answer')) : resolve(info),
      )
    },
  )
}

/** Runs one exchange with the server; whichever comes first of its end, the connection's end and the deadline counts. */
function untilAborted<T>(
  connection: SMTPConnection,
  signal: AbortSignal,
  handedOver: () => boolean,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      signal.removeEventListener('abort', abort)
      connection.removeListener('end', end)
    }
    const fail = (error: Error) => {
      stop()
      reject(new SmtpFailure(error, handedOver()))
    }
    const abort = () => {
      fail(new MailDeadline())
      connection.close()
    }
    // The error that ended the connection, if there is one, is reported first.
    const end = () => setImmediate(() => fail(new Error('the server closed the connection')))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    connection.once('end', end)
    start((value) => {
      stop()
      resolve(value)
    }, fail)
  })
}
