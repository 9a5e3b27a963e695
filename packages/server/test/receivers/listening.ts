import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Lets tests wait for what arrives instead of for time. */
export function createGate(count: () => number): { open(): void; reached(wanted: number): Promise<void> } {
  const waiting = new Set<{ wanted: number; resolve: () => void }>()
  return {
    open() {
      for (const waiter of waiting) {
        if (count() < waiter.wanted) continue
        waiting.delete(waiter)
        waiter.resolve()
      }
    },
    reached: (wanted) =>
      count() >= wanted ? Promise.resolve() : new Promise((resolve) => void waiting.add({ wanted, resolve })),
  }
}

/** Listens on 127.0.0.1, at a free port when none is given, and returns the port. */
export async function listen(
  server: Server | { server: Server; listen(port: number, host: string): unknown },
  port = 0,
): Promise<number> {
  const tcp = 'server' in server ? server.server : server
  server.listen(port, '127.0.0.1')
  await once(tcp, 'listening')
  return (tcp.address() as AddressInfo).port
}

/** Remembers open sockets, for `closeServer`. */
export function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
}

/** Breaks every connection off and stops listening. */
export async function closeServer(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets) socket.destroy()
  await closed
}
