const NAMED: ReadonlySet<string> = new Set([
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

/** The CSS colour of an option: one of our names, or `#rrggbb`; anything else is grey. */
export function optionColor(color: string | undefined): string {
  if (color === undefined) return 'var(--k-dimmed)'
  if (/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(color)) return color
  return NAMED.has(color) ? `var(--mantine-color-${color}-6)` : 'var(--k-dimmed)'
}
