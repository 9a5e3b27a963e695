import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An e-mail as the mail server got it. */
export interface ReceivedMail {
  from: string
  to: string
  subject: string
  text: string
}

/** A webhook as its receiver got it. */
export interface ReceivedWebhook {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Receivers {
  smtpUrl: string
  webhookUrl: string
  mails: ReceivedMail[]
  webhooks: ReceivedWebhook[]
  close(): Promise<void>
}

/**
 * The demo's outside: a mail server and a web server, both on this machine alone, that keep what they get.
 *
 * @throws Error when the development packages, which bring the mail server, aren't installed
 */
export async function startReceivers(): Promise<Receivers> {
  const { SMTPServer, simpleParser } = await loadMailServer()
  const mails: ReceivedMail[] = []
  const webhooks: ReceivedWebhook[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData(stream, session, done) {
      void simpleParser(stream).then(({ from, to, subject, text }) => {
        const address = (field: typeof to | typeof from) =>
          (Array.isArray(field) ? field : [field]).map((one) => one?.text)
        mails.push({
          from: address(from).join(', '),
          to: address(to).join(', ') || session.envelope.rcptTo.map((one) => one.address).join(', '),
          subject: subject ?? '',
          text: (text ?? '').trim(),
        })
        done()
      }, done)
    },
  })
  smtp.on('error', () => {})
  const web = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    webhooks.push({ path: request.url ?? '/', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}')
  })
  const smtpPort = await listen(smtp.server as Server, (port, host) => smtp.listen(port, host))
  const webPort = await listen(web, (port, host) => web.listen(port, host))
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    webhookUrl: `http://127.0.0.1:${webPort}`,
    mails,
    webhooks,
    close: async () => {
      web.closeAllConnections()
      await Promise.all([
        new Promise<void>((resolve) => web.close(() => resolve())),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ])
    },
  }
}

async function loadMailServer() {
  try {
    const [{ SMTPServer }, { simpleParser }] = await Promise.all([import('smtp-server'), import('mailparser')])
    return { SMTPServer, simpleParser }
  } catch {
    throw new Error('The demo’s mail server comes with the development packages: run npm ci, without --omit=dev.')
  }
}

/** Listens at a free port of this machine. */
async function listen(server: Server, start: (port: number, host: string) => unknown): Promise<number> {
  start(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
