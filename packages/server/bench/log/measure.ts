import { performance } from 'node:perf_hooks'
import { Pool as HttpPool } from 'undici'
import { BENCH_KEY } from '../setup.ts'

/** Milliseconds. */
export interface Times {
  p50: number
  p95: number
  worst: number
}

export function percentiles(times: number[]): Times {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { p50: at(0.5), p95: at(0.95), worst: sorted.at(-1)! }
}

/** One line: what, how much, and whether the aim is reached. */
export function print(label: string, value: string, aim = '', good = true): void {
  const verdict = aim === '' ? '' : `${aim} ${good ? 'PASS' : 'FAIL'}`
  process.stdout.write(`${label.padEnd(72)} ${value.padStart(26)}  ${verdict}\n`)
}

/** p50, p95 and worst, in ms. */
export const showTimes = ({ p50, p95, worst }: Times): string => [p50, p95, worst].map((n) => n.toFixed(1)).join(', ')
export const showNumber = (n: number): string => Math.round(n).toLocaleString('en-US')

/** The API of a process of its own, as a client sees it. */
export class Reader {
  private readonly http: HttpPool

  constructor(port: number) {
    this.http = new HttpPool(`http://127.0.0.1:${port}`, { connections: 2 })
  }

  async get<T>(path: string): Promise<T> {
    const { statusCode, body } = await this.http.request({
      path: `/api${path}`,
      method: 'GET',
      headers: { 'x-api-key': BENCH_KEY },
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`GET ${path} was answered ${statusCode}: ${text.slice(0, 300)}`)
    return JSON.parse(text) as T
  }

  /** Each path once to warm up, then all of them in turn. */
  async time(paths: readonly string[], rounds: number): Promise<Times> {
    for (const path of paths) await this.get(path)
    const times: number[] = []
    for (let i = 0; i < rounds; i++) {
      const began = performance.now()
      await this.get(paths[i % paths.length]!)
      times.push(performance.now() - began)
    }
    return percentiles(times)
  }

  /** Reads an answer to its end, keeping none of it. @returns lines and bytes */
  async drain(path: string, most = Infinity): Promise<{ lines: number; bytes: number }> {
    const { body } = await this.http.request({
      path: `/api${path}`,
      method: 'GET',
      headers: { 'x-api-key': BENCH_KEY },
      bodyTimeout: 0,
    })
    let lines = 0
    let bytes = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      for (const byte of chunk) if (byte === 10) lines += 1
      if (lines >= most) break
    }
    return { lines, bytes }
  }

  close(): Promise<void> {
    return this.http.destroy()
  }
}
