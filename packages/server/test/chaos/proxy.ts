import { connect, createServer, type Socket } from 'node:net'
import { closeServer, listen, track } from '../receivers/listening.ts'

/** What happens to a piece of bytes on its way from the client to the server. */
export type Fault =
  /** it arrives later, and what follows it too */
  | { kind: 'delay'; ms: number }
  /** it doesn't arrive; both ends find their connection reset */
  | { kind: 'reset' }
  /** so many bytes of it arrive, then both ends find their connection reset */
  | { kind: 'cut'; bytes: number }
  /**
   * It arrives, and the answer is lost: once all of it was seen, the client's connection is reset. `isAnswer` says whether these
   * bytes, all that came since, are the whole answer; `done` is called then.
   */
  | { kind: 'swallow'; isAnswer(answer: Buffer): boolean; done?(answer: Buffer): void }

/** Decides over one connection's bytes, piece by piece. */
export type Judge = (piece: Buffer) => Fault | null

export interface Proxy {
  port: number
  /** how often each fault happened; a swallowed answer counts once it was seen */
  faults: Record<Fault['kind'], number>
  connections(): number
  close(): Promise<void>
}

/** An answer that never becomes whole is given up after this. */
const LONGEST_ANSWER_MS = 5_000

/**
 * A TCP proxy on 127.0.0.1 that harms what passes through it.
 *
 * @param target the port of the server behind it, on 127.0.0.1
 * @param newJudge called for each connection; its judge sees every piece of bytes that the client sends
 */
export async function startProxy(target: number, newJudge: () => Judge): Promise<Proxy> {
  const faults: Proxy['faults'] = { delay: 0, reset: 0, cut: 0, swallow: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    track(sockets, client)
    pass(client, target, newJudge(), faults)
  })
  const port = await listen(server)
  return { port, faults, connections: () => sockets.size, close: () => closeServer(server, sockets) }
}

function pass(client: Socket, target: number, judge: Judge, faults: Proxy['faults']): void {
  const server = connect(target, '127.0.0.1')
  client.setNoDelay(true)
  server.setNoDelay(true)
  const reset = () => {
    client.resetAndDestroy()
    server.resetAndDestroy()
  }
  client.on('error', () => server.destroy())
  server.on('error', () => client.destroy())
  client.on('close', () => server.destroy())
  server.on('close', () => client.end())

  let swallowing: { answer: Buffer; fault: Extract<Fault, { kind: 'swallow' }> } | null = null
  server.on('data', (bytes) => {
    if (swallowing === null) {
      if (!client.write(bytes)) server.pause()
      return
    }
    swallowing.answer = Buffer.concat([swallowing.answer, bytes])
    if (!swallowing.fault.isAnswer(swallowing.answer)) return
    faults.swallow += 1
    swallowing.fault.done?.(swallowing.answer)
    reset()
  })
  client.on('drain', () => server.resume())
  server.on('drain', () => client.resume())

  /** pieces keep their order, also behind one that is delayed */
  let delayed: Promise<void> | null = null
  const forward = (piece: Buffer) => {
    if (server.destroyed) return
    if (!server.write(piece)) client.pause()
  }
  const send = (piece: Buffer) => {
    if (delayed === null) forward(piece)
    else delayed = delayed.then(() => forward(piece))
  }
  client.on('data', (piece) => {
    const fault = swallowing === null ? judge(piece) : null
    switch (fault?.kind) {
      case undefined:
        return send(piece)
      case 'reset':
        faults.reset += 1
        return reset()
      case 'cut': {
        faults.cut += 1
        if (server.destroyed) return reset()
        server.write(piece.subarray(0, fault.bytes), reset)
        return
      }
      case 'delay': {
        faults.delay += 1
        const wait = new Promise<void>((resolve) => setTimeout(resolve, fault.ms))
        delayed = (delayed ?? Promise.resolve()).then(() => wait)
        return send(piece)
      }
      case 'swallow':
        swallowing = { answer: Buffer.alloc(0), fault }
        setTimeout(reset, LONGEST_ANSWER_MS).unref()
        return send(piece)
    }
  })
}
