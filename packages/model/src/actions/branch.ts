import type { Group, Rule } from '../conditions/index.ts'
import type { Action } from '../automation.ts'

/** One way of a branch: taken when `if` holds, or, as the last one, `else`. */
export type BranchArm = { if: Rule | Group; then: Action[] } | { else: Action[] }

export interface BranchConfig {
  conditions: BranchArm[]
}

export const branch = { type: 'branch', label: 'Conditional Branch', effect: false } as const
