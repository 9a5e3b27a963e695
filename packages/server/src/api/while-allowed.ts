const LOOK_MS = 500

/**
 * An answer that takes its time, like a stream of runs or an export, for as long as its reader may have it: a key revoked, a user
 * suspended or given another role while it flows ends it within a second.
 *
 * @param read reads the next piece, in the scope of the request
 * @param isAllowed asked twice a second from the first read on
 * @param ending how it ends then: `close` as if it were over, `error` broken off, so that half a file isn't taken for a whole one
 * Source: SPEC.md, section 12 (revocation works within a second)
 */
export function whileAllowed(
  body: ReadableStream<Uint8Array>,
  read: (next: () => Promise<ReadableStreamReadResult<Uint8Array>>) => Promise<ReadableStreamReadResult<Uint8Array>>,
  isAllowed: () => Promise<boolean>,
  ending: 'close' | 'error',
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let timer: NodeJS.Timeout | undefined
  let over = false
  const end = (close: () => void) => {
    if (over) return
    over = true
    clearInterval(timer)
    close()
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        timer ??= setInterval(async () => {
          if (over || (await isAllowed())) return
          end(() => {
            if (ending === 'close') controller.close()
            else controller.error(new Error('The reader may not have this any more.'))
            reader.cancel().catch(() => {})
          })
        }, LOOK_MS).unref()
        try {
          const { done, value } = await read(() => reader.read())
          if (over) return
          if (done) end(() => controller.close())
          else controller.enqueue(value)
        } catch (error) {
          end(() => controller.error(error))
        }
      },
      cancel(reason) {
        end(() => {})
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
