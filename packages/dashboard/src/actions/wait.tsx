import { IF_PAST } from '@kantos/model'
import { SegmentedControl, Select, Stack } from '@mantine/core'
import { useEditor } from '../components/editor/context.tsx'
import { strings } from '../strings/actions.ts'
import { BusinessHoursSwitch } from './business-hours.tsx'
import { DurationInput } from './duration-input.tsx'
import { type ActionFormProps, textIn } from './form.ts'
import { UntilInput } from './until-input.tsx'
import { WaitForEvent } from './wait-for-event.tsx'

const words = strings.wait

const NEW = {
  duration: { duration: 1, unit: 'days' },
  until: { until: '' },
  event: { event: 'field.changed', field: '', timeout: { duration: 3, unit: 'days' } },
} as const
type Kind = keyof typeof NEW

/** Wait: for a time, until a date, or until something happens to the record. */
export function WaitForm({ config, set, replace }: ActionFormProps) {
  const { readOnly } = useEditor()
  const kind: Kind = config['event'] !== undefined ? 'event' : config['until'] !== undefined ? 'until' : 'duration'
  const { business_hours: open } = config
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={words.kind}
        fullWidth
        disabled={readOnly}
        value={kind}
        onChange={(next) => replace({ ...NEW[next as Kind], ...(open === undefined ? {} : { business_hours: open }) })}
        data={Object.entries(words.kinds).map(([value, label]) => ({ value, label }))}
      />
      {kind === 'duration' ? (
        <DurationInput
          amount={config['duration']}
          unit={textIn(config, 'unit')}
          label={words.duration}
          path="/config"
          onAmount={(value) => set('duration', value ?? undefined)}
          onUnit={(unit) => set('unit', unit)}
        />
      ) : null}
      {kind === 'until' ? (
        <>
          <UntilInput value={textIn(config, 'until')} onChange={(text) => set('until', text)} />
          <Select
            label={words.ifPast}
            data={IF_PAST.map((value) => ({ value, label: words.ifPasts[value] }))}
            value={textIn(config, 'if_past') || 'continue'}
            onChange={(value) => set('if_past', value === 'continue' ? undefined : value)}
            allowDeselect={false}
            disabled={readOnly}
          />
        </>
      ) : null}
      {kind === 'event' ? <WaitForEvent config={config} replace={replace} /> : null}
      <BusinessHoursSwitch config={config} onChange={(on) => set('business_hours', on || undefined)} />
    </Stack>
  )
}
