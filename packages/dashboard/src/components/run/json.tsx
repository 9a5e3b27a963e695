import { Code } from '@mantine/core'
import { strings } from '../../strings/runs.ts'

interface Cut {
  truncated: true
  size: number
  preview: string
}

/** A payload that the log cut. Source: SPEC-DETAILS.md, section 8 */
function isCut(value: unknown): value is Cut {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Partial<Cut>).truncated === true &&
    typeof (value as Partial<Cut>).preview === 'string'
  )
}

const bytes = (size: number): string =>
  size < 1024 * 1024 ? `${Math.ceil(size / 1024)} KiB` : `${(size / 1024 / 1024).toFixed(1)} MiB`

/** A value as indented JSON; text as it is. */
export function Json({ value }: { value: unknown }) {
  const cut = isCut(value)
  const text = cut ? value.preview : typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <>
      <Code
        block
        fz={12}
        mah={320}
        tabIndex={0}
        style={{
          overflow: 'auto',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          background: 'var(--k-sunken)',
          color: 'var(--k-text)',
        }}
      >
        {text ?? strings.none}
      </Code>
      {cut ? <small style={{ color: 'var(--k-dimmed)' }}>{strings.page.truncated(bytes(value.size))}</small> : null}
    </>
  )
}
