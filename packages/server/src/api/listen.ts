import type { AddressInfo } from 'node:net'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiErrorCode } from '@kantos/model'
import { createAdaptorServer } from '@hono/node-server'
import type { App } from './app.ts'
import { API_HEADERS } from './headers.ts'

export interface Listening {
  port: number
  /** Takes no more requests, and waits for those under way, at most `graceMs`. */
  close(graceMs?: number): Promise<void>
}

const SWEEP_MS = 50

/** What a client may take of the server. Times in ms. */
export interface ClientLimits {
  /** from the connection, or the answer before, to the end of the headers */
  headersMs: number
  /** to the end of the body; a CSV file of 1 GiB needs its time, JSON has 30 s */
  requestMs: number
  /** without a byte in either direction, as with a reader who has stopped reading */
  silenceMs: number
  /** how often the first two are looked at */
  lookEveryMs: number
  /** at once; further ones are closed as they come */
  connections: number
}

export const CLIENT_LIMITS: ClientLimits = {
  headersMs: 10_000,
  requestMs: 900_000,
  silenceMs: 120_000,
  lookEveryMs: 5_000,
  connections: 10_000,
}

/**
 * Opens the HTTP server.
 *
 * @param port 0 takes a free one
 * @param limits those that differ from `CLIENT_LIMITS`
 * @throws the system's error, such as EADDRINUSE
 */
export async function listen(
  app: App,
  { host, port }: { host: string; port: number },
  limits: Partial<ClientLimits> = {},
): Promise<Listening> {
  const { headersMs, requestMs, silenceMs, lookEveryMs, connections } = { ...CLIENT_LIMITS, ...limits }
  const server = createAdaptorServer({
    fetch: app.hono.fetch,
    serverOptions: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: headersMs,
      keepAliveTimeout: 65_000,
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookEveryMs,
    },
  }) as Server
  server.maxHeadersCount = 100
  server.maxConnections = connections
  server.setTimeout(silenceMs)
  const latest = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => latest.set(request.socket, response))
  server.on('clientError', (fault: Fault, socket) => refuseUnreadable(fault, socket, latest.get(socket)))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs = 10_000) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs)
        // a connection is idle only once its answer is out
        const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
        server.close(() => {
          clearTimeout(cut)
          clearInterval(sweep)
          resolve()
        })
      }),
  }
}

/** What Node can't read as HTTP never reaches the API: it is answered here, in the API's form, and the connection ends. */
const UNREADABLE: Record<string, { status: number; reason: string; code: ApiErrorCode; error: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    code: 'PAYLOAD_TOO_LARGE',
    error: 'The address and the headers are longer than 16 KiB.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    code: 'BAD_REQUEST',
    error: 'The request took too long to arrive.',
  },
}
const MALFORMED = {
  status: 400,
  reason: 'Bad Request',
  code: 'BAD_REQUEST' as ApiErrorCode,
  error: 'This is no well-formed HTTP request.',
}

type Fault = Error & { code?: string }

/** @param latest the answer to the last request that was read on this connection, if there was one */
function refuseUnreadable(fault: Fault, socket: Duplex, latest: ServerResponse | undefined): void {
  if (!socket.writable || fault.code === 'ECONNRESET') return void socket.destroy()
  if (latest !== undefined && !latest.writableFinished) {
    // what can't be read came behind a whole request: that one is answered, in its turn, and nothing after it
    if (latest.req.complete) return void latest.once('close', () => socket.destroy())
    if (latest.headersSent) return void socket.destroy()
  }
  const { status, reason, code, error } = UNREADABLE[fault.code ?? ''] ?? MALFORMED
  const body = JSON.stringify({ error, code, status })
  const headers = {
    ...API_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
