import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beReady } from '../part.ts'

// Ten webhook receivers; the last one can hang. Each delivery's name and time are noted.
const arrivals: { name: string; at: number }[] = []
let hanging = false

function receiver(last: boolean): Promise<Server> {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      if (last && hanging) return
      arrivals.push({
        name: (JSON.parse(text) as { name: string }).name,
        at: performance.timeOrigin + performance.now(),
      })
      response.writeHead(204).end()
    })
  })
  server.keepAliveTimeout = 60_000
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const servers = await Promise.all(Array.from({ length: 10 }, (_, i) => receiver(i === 9)))
beReady({
  ports: () => servers.map((server) => (server.address() as AddressInfo).port),
  hang: ({ on }: { on: boolean }) => {
    hanging = on
  },
  count: () => arrivals.length,
  take: () => arrivals.splice(0),
})
