import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { closeServer, listen, track } from '../receivers/listening.ts'

/** Something that arrived outside. */
export interface Receipt {
  kind: 'webhook' | 'email'
  /** `webhook-id`, or the Message-ID: the same for all attempts of a step */
  id: string
  /** `run_…`, and the step's key */
  run: string
  step: string
  /** epoch ms */
  at: number
}

export interface Ledger {
  receipts: Receipt[]
  httpPort: number
  smtpPort: number
  close(): Promise<void>
}

/**
 * The outside: a receiver of webhooks and one of e-mails, real servers that write down each receipt before they say thanks, in memory and
 * as a line of a file; `/refuse` says no then. A webhook's body and an e-mail's subject are `<run> <step>`.
 */
export async function startLedger(file: string): Promise<Ledger> {
  const receipts: Receipt[] = []
  const note = (receipt: Receipt) => {
    receipts.push(receipt)
    appendFileSync(file, `${JSON.stringify(receipt)}\n`)
  }
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const [run = '', step = ''] = Buffer.concat(chunks).toString('utf8').split(' ')
    note({ kind: 'webhook', id: String(request.headers['webhook-id']), run, step, at: Date.now() })
    response.writeHead(request.url === '/refuse' ? 400 : 200).end('thanks')
  })
  const sockets = new Set<Socket>()
  http.on('connection', (socket: Socket) => track(sockets, socket))
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const head = Buffer.concat(chunks)
          .toString('utf8')
          .split('\r\n\r\n')[0]!
          .replaceAll(/\r\n[ \t]/g, ' ')
        const [run = '', step = ''] = (/^subject: *(.*)$/im.exec(head)?.[1] ?? '').trim().split(' ')
        note({ kind: 'email', id: /^message-id: *(\S+)/im.exec(head)?.[1] ?? '', run, step, at: Date.now() })
        done()
      })
    },
  })
  smtp.on('error', () => {})
  const httpPort = await listen(http)
  const smtpPort = await listen(smtp)
  return {
    receipts,
    httpPort,
    smtpPort,
    close: async () => {
      await closeServer(http, sockets)
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}
