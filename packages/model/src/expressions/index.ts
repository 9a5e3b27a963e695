export { ExpressionError } from './error.ts'
export type { CallContext, RenderOptions, Scope } from './evaluation.ts'
export type { ExpressionFunction } from './function-spec.ts'
export { FUNCTIONS } from './functions.ts'
export type { PathUse } from './parse.ts'
export {
  compileExpression,
  compileTemplate,
  hasPlaceholder,
  type CompiledExpression,
  type CompiledTemplate,
  type Rendered,
  type SecretPart,
} from './template.ts'
export { looseEquals, toText } from './values.ts'
