import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What came back over one connection, and whether the server ended it. */
export interface Spoken {
  text: string
  statuses: number[]
  closed: boolean
}

/**
 * Opens a connection, says things, and listens until the server closes it, or nothing has come for `quietMs` after all was said.
 *
 * @param said written one after another, a number being a pause in ms
 */
export async function speak(port: number, said: readonly (string | Buffer | number)[], quietMs = 500): Promise<Spoken> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let closed = false
  let heardAt = performance.now()
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    heardAt = performance.now()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  for (const part of said) {
    if (closed) break
    if (typeof part === 'number') await delay(part)
    else if (!socket.write(part))
      await Promise.race([delay(200), new Promise((resolve) => socket.once('drain', resolve))])
  }
  heardAt = performance.now()
  while (!closed && performance.now() - heardAt < quietMs) await delay(10)
  socket.destroy()
  return { text, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), closed }
}
