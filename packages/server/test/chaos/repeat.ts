export interface Repeated {
  /** lets the pass that is under way end, and makes no other */
  stop(): Promise<void>
}

/** Does something again and again until it is stopped. A pass that throws ends it: `stop` throws that error. */
export function repeat(pass: (isOn: () => boolean) => Promise<void>): Repeated {
  let on = true
  const passing = (async () => {
    while (on) await pass(() => on)
  })()
  // whoever stops it is told
  passing.catch(() => {})
  return {
    stop: async () => {
      on = false
      await passing
    },
  }
}
