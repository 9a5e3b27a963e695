import { Select } from '@mantine/core'
import { useEditor } from '../../../components/editor/context.tsx'
import { useSettings } from '../../../lib/settings.ts'
import { timeZones } from '../../../lib/time-zones.ts'
import { strings } from '../../../strings/builder.ts'

const words = strings.trigger

interface TimezoneSelectProps {
  /** IANA name; nothing: the workspace's default */
  value: unknown
  onChange(zone: string | undefined): void
  error: string | undefined
}

/** Which time zone; empty is that of the workspace. */
export function TimezoneSelect({ value, onChange, error }: TimezoneSelectProps) {
  const { readOnly } = useEditor()
  const standard = useSettings().default_timezone
  const zone = typeof value === 'string' && value !== '' ? value : null
  return (
    <Select
      label={words.timezone}
      data={timeZones(zone)}
      value={zone}
      onChange={(next) => onChange(next ?? undefined)}
      placeholder={words.defaultZone(standard)}
      searchable
      clearable
      limit={100}
      disabled={readOnly}
      error={error}
      clearButtonProps={{ 'aria-label': words.useDefaultZone }}
      wrapperProps={{ 'data-path': '/timezone' }}
    />
  )
}
