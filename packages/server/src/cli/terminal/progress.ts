import type { WriteStream } from 'node:tty'

export interface Progress {
  /** @param total null: not counted yet */
  show(done: number, total: number | null): void
  /** Takes the line away. */
  clear(): void
}

const WIDTH = 30
const LINE_EVERY_MS = 5_000

/** A bar that moves in a terminal; elsewhere a line every few seconds. */
export function createProgress(stream: Pick<WriteStream, 'write'> & { isTTY?: boolean }): Progress {
  let shownAt = performance.now()
  return {
    show(done, total) {
      if (stream.isTTY === true) return void stream.write(`\r\u001b[2K${bar(done, total)}`)
      if (performance.now() - shownAt < LINE_EVERY_MS) return
      shownAt = performance.now()
      stream.write(`${count(done)} of ${total === null ? '?' : count(total)}\n`)
    },
    clear: () => void (stream.isTTY === true && stream.write('\r\u001b[2K')),
  }
}

function bar(done: number, total: number | null): string {
  if (total === null) return 'reading the file …'
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const filled = Math.round(share * WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.floor(share * 100)} %  ${count(done)} of ${count(total)}`
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}
