import type { Violation } from './check.ts'

/** What a part of the large run found, beside the faults that all come at once. */
export type PartReport =
  | { skipped: string }
  | { violations: Violation[]; rows: readonly (readonly [label: string, value: string | number])[] }
