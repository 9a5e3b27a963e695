import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds that this thread has worked: what others on the machine do isn't in it. */
function busyMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/**
 * Looks how long others wait while something is worked out in this process.
 *
 * @returns `longest`: CPU ms of the longest turn of the event loop; `all`: those of the whole work
 */
export async function turnsOf<T>(work: () => Promise<T>): Promise<{ result: T; longest: number; all: number }> {
  const began = busyMs()
  let ended = false
  const working = work().finally(() => {
    ended = true
  })
  let longest = 0
  for (let last = began; !ended; ) {
    await nextTurn()
    const now = busyMs()
    longest = Math.max(longest, now - last)
    last = now
  }
  return { result: await working, longest, all: busyMs() - began }
}
