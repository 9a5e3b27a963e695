import { describeCron, isTimezone, parseCron, ticks } from '@kantos/model'
import { Select, Stack, Text, TextInput } from '@mantine/core'
import cronstrue from 'cronstrue'
import { useMemo } from 'react'
import { FilterEditor } from '../../../components/conditions/filter-editor.tsx'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { ObjectSelect } from '../../../components/values/object-select.tsx'
import { findObject } from '../../../lib/objects.ts'
import { useSettings } from '../../../lib/settings.ts'
import { strings } from '../../../strings/builder.ts'
import classes from './forms.module.css'
import { TimezoneSelect } from './timezone-select.tsx'
import { withPart, type TriggerFormProps } from './trigger-form.tsx'

const words = strings.trigger

type Props = Pick<TriggerFormProps, 'trigger' | 'onChange'>

/** A schedule: cron in words with its next five times, zone, and for which records. */
export function ScheduleForm({ trigger, onChange }: Props) {
  const { objects, readOnly } = useEditor()
  const cronProblem = useProblem('/cron')
  const zoneProblem = useProblem('/timezone')
  const cron = String(trigger['cron'] ?? '')
  const standard = useSettings().default_timezone
  const zone = String(trigger['timezone'] ?? standard)
  const object = findObject(objects, String(trigger['object'] ?? ''))
  const set = (name: string, value: unknown): void => onChange(withPart(trigger, name, value), name)
  return (
    <Stack gap="md">
      <Select
        label={words.presets}
        data={words.presetList.map((preset) => ({ ...preset }))}
        value={words.presetList.find(({ value }) => value === cron)?.value ?? null}
        onChange={(value) => value !== null && set('cron', value)}
        placeholder={words.choosePreset}
        disabled={readOnly}
      />
      <TextInput
        label={words.cron}
        description={words.cronHint}
        value={cron}
        onChange={(event) => onChange({ ...trigger, cron: event.currentTarget.value }, 'cron')}
        error={cronProblem}
        wrapperProps={{ 'data-path': '/cron' }}
        disabled={readOnly}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        withAsterisk
      />
      <NextTimes cron={cron} zone={zone} />
      <TimezoneSelect value={trigger['timezone']} onChange={(value) => set('timezone', value)} error={zoneProblem} />
      <Select
        label={words.misfire}
        data={Object.entries(words.misfires).map(([value, label]) => ({ value, label }))}
        value={String(trigger['misfire'] ?? 'latest')}
        onChange={(value) => set('misfire', value === 'latest' ? undefined : value)}
        allowDeselect={false}
        disabled={readOnly}
      />
      <ObjectSelect
        label={words.forRecords}
        value={trigger['object']}
        onChange={(reference) => {
          const { filters: _, ...rest } = trigger
          onChange(withPart(rest, 'object', reference))
        }}
        path="/object"
        clearable
      />
      {object === undefined ? null : (
        <FilterEditor
          key={object.slug}
          object={object}
          value={trigger['filters']}
          onChange={(filters) => set('filters', filters)}
          path="/filters"
        />
      )}
    </Stack>
  )
}

/** A cron in words; our own words where the library has none. */
function cronWords(cron: string): string {
  const parsed = parseCron(cron)
  if (!parsed.ok) return ''
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, verbose: true })
  } catch {
    return describeCron(parsed.cron)
  }
}

function NextTimes({ cron, zone }: { cron: string; zone: string }) {
  const next = useMemo(() => {
    const parsed = parseCron(cron)
    return parsed.ok && isTimezone(zone) ? ticks(parsed.cron, zone, Date.now(), 5) : null
  }, [cron, zone])
  if (next === null) return null
  const format = new Intl.DateTimeFormat('en', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZone: zone,
    timeZoneName: 'short',
  })
  return (
    <div className={classes['times']}>
      <Text size="sm" fw={500}>
        {cronWords(cron)}
      </Text>
      <Text size="xs" c="dimmed" mt={4}>
        {next.length === 0 ? words.never : words.next}
      </Text>
      <ol className="numbers">
        {next.map((tick) => (
          <li key={tick}>
            <time dateTime={new Date(tick).toISOString()}>{format.format(tick)}</time>
          </li>
        ))}
      </ol>
    </div>
  )
}
