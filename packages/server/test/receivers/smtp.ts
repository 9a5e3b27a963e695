import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { closeServer, createGate, listen, track } from './listening.ts'
import { SELF_SIGNED } from './self-signed.ts'

/** The points of an SMTP session; `MESSAGE` is the end of the content, after which the server has taken the mail. */
export type SmtpPoint = 'GREETING' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'MESSAGE'

/** Answers with a line (`451 later`), goes silent, breaks off, or drips a reply that never ends. */
export type SmtpBehaviour = { reply: string } | 'hang' | 'drop' | 'drip'

export interface ReceivedMail {
  from: string
  /** The recipients of the envelope. */
  to: string[]
  raw: string
  parsed: ParsedMail
}

export interface SmtpReceiver {
  /** For `SMTP_URL`. */
  url: string
  port: number
  mails: ReceivedMail[]
  connections(): number
  /** The command lines of all sessions, without those after STARTTLS. */
  commands: string[]
  /** From now on, until `behaveWell`; `times` limits how often, after which the next rule of that point counts. */
  misbehave(point: SmtpPoint, behaviour: SmtpBehaviour, times?: number): void
  behaveWell(): void
  /** Breaks off every connection that is open. */
  dropConnections(): void
  /** Resolves as soon as at least `count` mails have arrived. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

export interface SmtpReceiverOptions {
  /** Then these must be given before a mail. */
  auth?: { user: string; pass: string }
  /** Offers STARTTLS with a certificate nobody has signed. */
  startTls?: boolean
  port?: number
}

/** A real SMTP server behind a relay that reads along and steps in where it was told to. */
export async function startSmtpReceiver({
  auth,
  startTls = false,
  port,
}: SmtpReceiverOptions = {}): Promise<SmtpReceiver> {
  const mails: ReceivedMail[] = []
  const arrivals = createGate(() => mails.length)
  const commands: string[] = []
  const rules: { point: SmtpPoint; behaviour: SmtpBehaviour; left: number }[] = []
  const sockets = new Set<Socket>()
  let accepted = 0
  const smtp = new SMTPServer({
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    ...(startTls ? SELF_SIGNED : { disabledCommands: ['STARTTLS'] }),
    disableReverseLookup: true,
    // One command at a time, so that the relay knows which one an answer belongs to.
    hidePIPELINING: true,
    onAuth: ({ username, password }, _session, done) =>
      username === auth?.user && password === auth?.pass
        ? done(null, { user: username })
        : done(new Error('wrong password')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks)
        const { mailFrom, rcptTo } = session.envelope
        const parsed = await simpleParser(raw)
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: raw.toString('utf8'),
          parsed,
        })
        done(null, `taken as number ${mails.length}`)
        arrivals.open()
      })
    },
  })
  smtp.on('error', () => {})
  const inner = await listen(smtp)
  const take = (point: SmtpPoint): SmtpBehaviour | null => {
    const rule = rules.find((candidate) => candidate.point === point && candidate.left > 0)
    if (rule === undefined) return null
    rule.left -= 1
    return rule.behaviour
  }
  const relay = createTcpServer((client) => {
    accepted += 1
    track(sockets, client)
    relaySession(client, inner, take, commands)
  })
  const outer = await listen(relay, port)
  return {
    url: `smtp://${auth === undefined ? '' : `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}@`}127.0.0.1:${outer}`,
    port: outer,
    mails,
    commands,
    connections: () => accepted,
    misbehave: (point, behaviour, times = Number.POSITIVE_INFINITY) =>
      void rules.push({ point, behaviour, left: times }),
    behaveWell: () => void rules.splice(0),
    dropConnections: () => sockets.forEach((socket) => socket.destroy()),
    received: arrivals.reached,
    close: async () => {
      await closeServer(relay, sockets)
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}

function relaySession(
  client: Socket,
  port: number,
  take: (point: SmtpPoint) => SmtpBehaviour | null,
  commands: string[],
): void {
  let mode: 'commands' | 'asked-for-data' | 'content' | 'tls' = 'commands'
  let pending = ''
  let answers: 'pass' | 'swallow' = 'pass'
  const act = (behaviour: SmtpBehaviour) => {
    if (behaviour === 'drop') client.destroy()
    else if (behaviour === 'drip') {
      client.write('250-')
      const timer = setInterval(() => client.write('x'), 20)
      client.on('close', () => clearInterval(timer))
    } else if (behaviour !== 'hang') client.write(`${behaviour.reply}\r\n`)
  }
  const atGreeting = take('GREETING')
  if (atGreeting !== null) {
    client.on('error', () => {})
    client.resume()
    return act(atGreeting)
  }
  const server = connect(port, '127.0.0.1')
  server.on('error', () => client.destroy())
  server.on('close', () => client.end())
  client.on('error', () => server.destroy())
  client.on('close', () => server.destroy())
  server.on('data', (answer) => {
    if (answers === 'swallow') return
    if (mode === 'asked-for-data') mode = answer.toString('latin1').startsWith('354') ? 'content' : 'commands'
    client.write(answer)
  })
  const command = (line: string) => {
    commands.push(line.trim())
    const verb = line.trim().split(/[ :]/, 1)[0]?.toUpperCase() ?? ''
    const behaviour = take((verb === 'HELO' ? 'EHLO' : verb) as SmtpPoint)
    if (behaviour !== null) return act(behaviour)
    if (verb === 'DATA') mode = 'asked-for-data'
    if (verb === 'STARTTLS') mode = 'tls'
    server.write(line, 'latin1')
  }
  client.on('data', (bytes) => {
    if (mode === 'tls') return void server.write(bytes)
    pending += bytes.toString('latin1')
    if (mode === 'content') {
      const end = /(^|\r\n)\.\r\n/.exec(pending)
      const ended = end === null ? Math.max(0, pending.length - 4) : end.index + end[0].length
      const content = pending.slice(0, ended)
      pending = pending.slice(ended)
      if (end !== null) {
        mode = 'commands'
        const behaviour = take('MESSAGE')
        if (behaviour !== null) {
          // The server takes the mail, the client hears something else.
          answers = 'swallow'
          server.once('data', () => {
            answers = 'pass'
            act(behaviour)
          })
        }
      }
      server.write(content, 'latin1')
    }
    while (mode === 'commands' && pending.includes('\n')) {
      const at = pending.indexOf('\n') + 1
      const line = pending.slice(0, at)
      pending = pending.slice(at)
      command(line)
    }
  })
}
