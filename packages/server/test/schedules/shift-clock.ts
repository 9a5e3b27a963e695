// `--import` this: the process's own clock is SHIFT_MS off, its timers aren't.
const shiftMs = Number(process.env.SHIFT_MS)
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...(given as [number]))
  }
  static override now(): number {
    return RealDate.now() + shiftMs
  }
} as DateConstructor
