import type { FieldAnswer } from '@kantos/model'

const NAMED = new Set([
  'blue',
  'green',
  'orange',
  'violet',
  'red',
  'teal',
  'yellow',
  'pink',
  'cyan',
  'gray',
  'grape',
  'indigo',
  'lime',
])

/** A stored colour as CSS: one of Mantine's names, or `#rrggbb`. */
export function optionColor(color: string): string {
  return color.startsWith('#') ? color : `var(--mantine-color-${NAMED.has(color) ? color : 'gray'}-5)`
}

/** The options of a dropdown, status or multi-select, in their order; empty for other types. */
export function optionsOf(field: FieldAnswer | undefined): { name: string; color: string }[] {
  return field?.options?.stages ?? field?.options?.choices ?? []
}

/** The colour of a stage or choice. */
export function OptionDot({ color }: { color: string }) {
  return (
    <span
      aria-hidden
      style={{
        width: 8,
        height: 8,
        borderRadius: '50%',
        flex: 'none',
        display: 'inline-block',
        background: optionColor(color),
      }}
    />
  )
}
