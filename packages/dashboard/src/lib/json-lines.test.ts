import { expect, test } from 'vitest'
import { jsonLines } from './json-lines.ts'

async function read(...parts: Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
  const lines: unknown[] = []
  for await (const line of jsonLines(body)) lines.push(line)
  return lines
}

test('a line may come in parts, and several lines in one, also cut within a letter', async () => {
  const bytes = new TextEncoder().encode('{"n":"é"}\n\n{"n":2}\n{"n":3}\n')
  const all = [{ n: 'é' }, { n: 2 }, { n: 3 }]
  for (let at = 0; at <= bytes.length; at++) expect(await read(bytes.slice(0, at), bytes.slice(at))).toEqual(all)
})
test('a line that was cut off is no line', async () => {
  expect(await read(new TextEncoder().encode('{"n":1}\n{"n":'))).toEqual([{ n: 1 }])
})
