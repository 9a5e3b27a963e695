import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const FIRST_BYTE_MS = 5_000

/** What came back over one connection, and whether the server ended it. */
export interface Spoken {
  text: string
  statuses: number[]
  closed: boolean
}

/**
 * Opens a connection, says things, and listens until the server closes it, or nothing has come for `quietMs` after all was said;
 * a server that has said nothing yet may be busy, and gets five seconds.
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
  const silentMs = () => (text === '' ? Math.max(quietMs, FIRST_BYTE_MS) : quietMs)
  while (!closed && performance.now() - heardAt < silentMs()) await delay(10)
  socket.destroy()
  return { text, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), closed }
}
