import { connect, createServer, type Socket } from 'node:net'
import { closeServer, listen, track } from '../receivers/listening.ts'

/** What happens to a piece of bytes on its way. */
export type Harm =
  /** it arrives later, and what follows it too */
  | { kind: 'delay'; ms: number }
  /** it doesn't arrive; both ends find their connection reset */
  | { kind: 'reset' }
  /** so many bytes of it arrive, then both ends find their connection reset */
  | { kind: 'cut'; bytes: number }

export type Fault =
  | Harm
  /**
   * What the client sent arrives, and the answer is lost: once all of it was seen, the client's connection is reset. `isAnswer`
   * says whether these bytes, all that came since, are the whole answer; `done` is called then.
   */
  | { kind: 'swallow'; isAnswer(answer: Buffer): boolean; done?(answer: Buffer): void }

/** Decides over one connection's bytes, piece by piece; null: they pass. */
export interface Judge {
  /** what the client sends */
  sent(piece: Buffer): Fault | null
  /** what the server answers; default: all of it passes */
  answered?(piece: Buffer): Harm | null
}

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
 * @param newJudge called for each connection; its judge sees every piece of bytes that passes
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
  const toServer = way(client, server, faults, reset)
  const toClient = way(server, client, faults, reset)
  client.on('data', (piece) => {
    const fault = swallowing === null ? judge.sent(piece) : null
    if (fault?.kind !== 'swallow') return toServer(piece, fault)
    swallowing = { answer: Buffer.alloc(0), fault }
    setTimeout(reset, LONGEST_ANSWER_MS).unref()
    toServer(piece, null)
  })
  server.on('data', (piece) => {
    if (swallowing === null) return toClient(piece, judge.answered?.(piece) ?? null)
    swallowing.answer = Buffer.concat([swallowing.answer, piece])
    if (!swallowing.fault.isAnswer(swallowing.answer)) return
    faults.swallow += 1
    swallowing.fault.done?.(swallowing.answer)
    reset()
  })
}

/** One of the two ways of a connection. */
function way(
  from: Socket,
  to: Socket,
  faults: Proxy['faults'],
  reset: () => void,
): (piece: Buffer, harm: Harm | null) => void {
  /** pieces keep their order, also behind one that is delayed */
  let delayed: Promise<void> | null = null
  to.on('drain', () => from.resume())
  const forward = (piece: Buffer) => {
    if (!to.destroyed && !to.write(piece)) from.pause()
  }
  const send = (piece: Buffer) => {
    if (delayed === null) forward(piece)
    else delayed = delayed.then(() => forward(piece))
  }
  return (piece, harm) => {
    if (harm === null) return send(piece)
    faults[harm.kind] += 1
    if (harm.kind === 'reset') return reset()
    if (harm.kind === 'cut') {
      if (to.destroyed) return reset()
      to.write(piece.subarray(0, harm.bytes), reset)
      return
    }
    const wait = new Promise<void>((resolve) => setTimeout(resolve, harm.ms))
    delayed = (delayed ?? Promise.resolve()).then(() => wait)
    send(piece)
  }
}
