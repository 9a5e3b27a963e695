import type { BacktestLine } from '@kantos/model'

/** Lines of JSON, made as fast as they are read. Closing the reader ends the work; a failure is the last line. */
export function lineStream(
  lines: AsyncGenerator<BacktestLine>,
  stop: () => void,
  failed: (error: unknown) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const line = (value: BacktestLine) => encoder.encode(`${JSON.stringify(value)}\n`)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await lines.next()
          if (done === true) controller.close()
          else controller.enqueue(line(value))
        } catch (error) {
          controller.enqueue(line({ type: 'error', message: failed(error) }))
          controller.close()
        }
      },
      async cancel() {
        stop()
        await lines.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
