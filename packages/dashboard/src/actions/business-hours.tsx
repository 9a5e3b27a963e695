import { addBusinessTime, durationMs, nextOpening } from '@kantos/model'
import { Switch, Text } from '@mantine/core'
import { useMemo } from 'react'
import { useEditor } from '../components/editor/context.tsx'
import { hoursWords, zonedTime } from '../lib/business-hours.ts'
import { useBusinessHours } from '../lib/settings.ts'
import { strings } from '../strings/actions.ts'

const words = strings.wait.hours

interface BusinessHoursProps {
  config: Readonly<Record<string, unknown>>
  onChange(on: boolean): void
}

/** Whether only opening hours count; with the workspace's calendar in words, and when a wait that begins now would end. */
export function BusinessHoursSwitch({ config, onChange }: BusinessHoursProps) {
  const { readOnly } = useEditor()
  const hours = useBusinessHours()
  const on = config['business_hours'] === true
  const { duration, unit, timeout } = config
  const example = useMemo(() => {
    if (!on) return null
    const time = (timeout ?? { duration, unit }) as { duration?: unknown; unit?: unknown }
    if (typeof time.duration === 'number') {
      const ms = durationMs(time.duration, time.unit)
      const end = ms === null ? null : addBusinessTime(hours, Date.now(), ms, String(time.unit))
      return end === null ? null : words.ends(zonedTime(end, hours.timezone))
    }
    const opening = nextOpening(hours, Date.now())
    return opening === null ? null : words.opens(zonedTime(opening, hours.timezone))
  }, [on, hours, duration, unit, timeout])
  return (
    <div>
      <Switch
        label={words.label}
        description={words.hint}
        checked={on}
        disabled={readOnly}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {on ? (
        <Text size="xs" c="dimmed" mt={8} role="status">
          {words.calendar(hoursWords(hours), hours.timezone, hours.holidays.length)}
          {example === null ? null : (
            <>
              <br />
              {example}
            </>
          )}
        </Text>
      ) : null}
    </div>
  )
}
