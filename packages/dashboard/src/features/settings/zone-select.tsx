import { Select } from '@mantine/core'
import { timeZones } from '../../lib/time-zones.ts'

interface ZoneSelectProps {
  label: string
  /** IANA name; null: the default, where there is one */
  value: string | null
  onChange(zone: string | null): void
  /** what stands for null */
  byDefault?: string
  readOnly: boolean
}

const DEFAULT = 'default'

/** Which time zone. */
export function ZoneSelect({ label, value, onChange, byDefault, readOnly }: ZoneSelectProps) {
  const first = byDefault === undefined ? [] : [{ value: DEFAULT, label: byDefault }]
  return (
    <Select
      label={label}
      searchable
      allowDeselect={false}
      limit={100}
      readOnly={readOnly}
      maw={320}
      value={value ?? DEFAULT}
      data={[...first, ...timeZones(value)]}
      onChange={(zone) => onChange(zone === DEFAULT ? null : zone)}
    />
  )
}
