// Bounds of the language: whatever is written or rendered, time and memory stay small.

/** Characters of one expression. */
export const MAX_EXPRESSION_LENGTH = 4096
/** Characters of one template, and of any text that an evaluation makes. */
export const MAX_TEXT_LENGTH = 1024 * 1024
/** Parentheses, lists, calls, indexes, unary operators and conditionals inside each other. */
export const MAX_DEPTH = 64
/** Nodes of one expression's syntax tree. */
export const MAX_NODES = 2000
/** Items of a list that an expression makes. */
export const MAX_LIST_LENGTH = 10_000
/** Characters and list items that functions and joins may touch during one rendering. */
export const MAX_WORK = 16 * 1024 * 1024
/** Remarks and missing names kept of one rendering. */
export const MAX_NOTES = 100
