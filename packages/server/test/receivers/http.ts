import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { closeServer, createGate, listen, track } from './listening.ts'

/** How an HTTP receiver treats a request. */
export type HttpBehaviour =
  | { kind: 'answer'; status?: number; headers?: Record<string, string>; body?: string | Buffer; delayMs?: number }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** 200, and a body that never ends, as fast as it is read. */
  | { kind: 'endless' }
  /** One byte every `everyMs`, of the headers or of the body, for ever. */
  | { kind: 'drip'; part: 'headers' | 'body'; everyMs: number }
  /** Breaks the connection off at once, or after half of the body. */
  | { kind: 'reset'; part: 'headers' | 'body' }
  /** Whatever bytes, then the end of the connection. */
  | { kind: 'raw'; bytes: string | Buffer }

export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: Buffer
  /** Milliseconds since 1970 when the whole request was here. */
  at: number
}

export interface HttpReceiver {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  url: string
  port: number
  requests: ReceivedRequest[]
  /** Connections accepted so far. */
  connections(): number
  /** Bytes of bodies written so far. */
  bytesWritten(): number
  /** The behaviours of the next requests, one each; after them, and from the start, `otherwise`. */
  next(...behaviours: HttpBehaviour[]): void
  /** How every further request is treated; 200 without a body when never set. A function decides by the request. */
  otherwise(behaviour: HttpBehaviour | ((request: ReceivedRequest) => HttpBehaviour)): void
  /** Resolves as soon as at least `count` requests have arrived. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

/** @param tls key and certificate in PEM; the receiver then speaks HTTPS */
export async function startHttpReceiver({ tls }: { tls?: { key: string; cert: string } } = {}): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = []
  const queue: HttpBehaviour[] = []
  const arrivals = createGate(() => requests.length)
  const sockets = new Set<Socket>()
  let fallback: HttpBehaviour | ((request: ReceivedRequest) => HttpBehaviour) = { kind: 'answer' }
  let accepted = 0
  let written = 0
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const request = await readRequest(incoming)
    if (request === null) return
    requests.push(request)
    const behaviour = queue.shift() ?? (typeof fallback === 'function' ? fallback(request) : fallback)
    behave(behaviour, response, (bytes) => {
      written += bytes
    })
    arrivals.open()
  }
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
  server.on('connection', (socket: Socket) => {
    accepted += 1
    track(sockets, socket)
  })
  const port = await listen(server)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => accepted,
    bytesWritten: () => written,
    next: (...behaviours) => void queue.push(...behaviours),
    otherwise: (behaviour) => {
      fallback = behaviour
    },
    received: arrivals.reached,
    close: () => closeServer(server, sockets),
  }
}

async function readRequest(incoming: IncomingMessage): Promise<ReceivedRequest | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk)
  } catch {
    return null
  }
  const { method = '', url = '', headers, rawHeaders } = incoming
  return { method, path: url, headers, rawHeaders, body: Buffer.concat(chunks), at: Date.now() }
}

function behave(behaviour: HttpBehaviour, response: ServerResponse, count: (bytes: number) => void): void {
  const { socket } = response
  switch (behaviour.kind) {
    case 'answer': {
      const { status = 200, headers = {}, body = '', delayMs = 0 } = behaviour
      const answer = () => {
        response.writeHead(status, headers).end(body)
        count(Buffer.byteLength(body))
      }
      if (delayMs > 0) setTimeout(answer, delayMs)
      else answer()
      return
    }
    case 'hang':
      return
    case 'endless': {
      const block = Buffer.alloc(64 * 1024, 'x')
      const write = () => {
        while (!response.destroyed) {
          count(block.length)
          if (!response.write(block)) break
        }
      }
      response.on('drain', write)
      write()
      return
    }
    case 'drip': {
      socket?.write(
        behaviour.part === 'headers'
          ? 'HTTP/1.1 200 OK\r\nX-Slow: '
          : 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n',
      )
      const timer = setInterval(() => socket?.write('x'), behaviour.everyMs)
      socket?.on('close', () => clearInterval(timer))
      return
    }
    case 'reset':
      if (behaviour.part === 'body') {
        socket?.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () =>
          setImmediate(() => socket.resetAndDestroy()),
        )
      } else socket?.resetAndDestroy()
      return
    case 'raw':
      socket?.end(behaviour.bytes)
  }
}
