/**
 * Reads lines of JSON as they come in.
 *
 * @param body of a response; a line that is cut by its end is left out
 * @throws what reading throws, as when it was aborted; SyntaxError for a line that is no JSON
 */
export async function* jsonLines<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
