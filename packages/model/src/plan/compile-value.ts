import {
  type CompiledTemplate,
  compileTemplate,
  type PathUse,
  type RenderOptions,
  type Scope,
  type SecretPart,
} from '../expressions/index.ts'

/** Where a secret belongs in a rendered value: the text at `pointer` is these parts in a row. */
export interface SecretSlot {
  pointer: string
  parts: readonly (string | SecretPart)[]
}

export interface RenderedValue {
  value: unknown
  missing: string[]
  notes: string[]
  secrets: SecretSlot[]
}

/** A JSON value whose texts may be templates. */
export interface CompiledValue {
  readonly constant: boolean
  readonly paths: readonly PathUse[]
  render(scope: Scope, options?: RenderOptions): RenderedValue
}

type Renderer = (scope: Scope, options: RenderOptions | undefined, out: RenderedValue) => unknown

/** Compiles every text of a JSON value, once. @throws ExpressionError */
export function compileValue(json: unknown): CompiledValue {
  const paths: PathUse[] = []
  const render = compilePart(json, '', paths)
  if (render === null) {
    const constantValue = json === undefined ? null : json
    return { constant: true, paths, render: () => ({ value: constantValue, missing: [], notes: [], secrets: [] }) }
  }
  return {
    constant: false,
    paths,
    render: (scope, options) => {
      const out: RenderedValue = { value: null, missing: [], notes: [], secrets: [] }
      out.value = render(scope, options, out)
      return out
    },
  }
}

/** Null: the part holds no template. */
function compilePart(json: unknown, pointer: string, paths: PathUse[]): Renderer | null {
  if (typeof json === 'string') return compileText(json, pointer, paths)
  if (Array.isArray(json)) {
    const parts = json.map((part, index) => compilePart(part, `${pointer}/${index}`, paths))
    if (parts.every((part) => part === null)) return null
    return (scope, options, out) => parts.map((part, i) => (part === null ? json[i] : part(scope, options, out)))
  }
  if (typeof json === 'object' && json !== null) {
    const source = json as Record<string, unknown>
    const entries = Object.keys(source).map(
      (key) => [key, compilePart(source[key], `${pointer}/${escapePointer(key)}`, paths)] as const,
    )
    if (entries.every(([, part]) => part === null)) return null
    return (scope, options, out) => {
      const result: Record<string, unknown> = {}
      for (const [key, part] of entries) result[key] = part === null ? source[key] : part(scope, options, out)
      return result
    }
  }
  return null
}

function compileText(text: string, pointer: string, paths: PathUse[]): Renderer | null {
  const template: CompiledTemplate = compileTemplate(text)
  if (template.constant) {
    const rendered = template.render({}).value
    return rendered === text ? null : () => rendered
  }
  paths.push(...template.paths)
  return (scope, options, out) => {
    const rendered = template.render(scope, options)
    if (rendered.missing.length > 0) out.missing.push(...rendered.missing)
    if (rendered.notes.length > 0) out.notes.push(...rendered.notes)
    if (rendered.parts !== undefined) out.secrets.push({ pointer, parts: rendered.parts })
    return rendered.value
  }
}

export function escapePointer(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}
