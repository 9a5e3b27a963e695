/** The value that a share of some stays below; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
}

/** The median of some. */
export const middle = (values: readonly number[]): number => quantile(values, 0.5)

/** Frames as words. @param ms the time that each took */
export function framesInWords(ms: readonly number[]): string {
  const at = (share: number) => `${quantile(ms, share).toFixed(1)} ms`
  return `${ms.length} frames: median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}`
}
