/** How many cases a property gets: so many, or as FUZZ_RUNS says. */
export function runs(standard: number): { numRuns: number } {
  return { numRuns: Number(process.env.FUZZ_RUNS ?? standard) }
}
