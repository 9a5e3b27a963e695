import { DATE_OFFSET_UNITS, type DateOffset, type DateTrigger, DEFAULT_AT } from '@kantos/model'
import { Stack, Switch, Text, TextInput } from '@mantine/core'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { FieldSelect } from '../../../components/values/field-select.tsx'
import { OffsetInput } from '../../../components/values/offset-input.tsx'
import { triggerWords } from '../../../components/flow/words.ts'
import { sentence } from '../../../lib/sentence.ts'
import { strings } from '../../../strings/builder.ts'
import classes from './forms.module.css'
import { NextDates } from './next-dates.tsx'
import { TimezoneSelect } from './timezone-select.tsx'
import { type TriggerFormProps, withPart } from './trigger-form.tsx'

const words = strings.trigger.date

/** A date of a record: which one, how long before or after it, at what time, every year or once. */
export function DateForm({ trigger, onChange }: Pick<TriggerFormProps, 'trigger' | 'onChange'>) {
  const { object, objects, names, readOnly } = useEditor()
  const atProblem = useProblem('/at')
  const offsetProblem = useProblem('/offset', true)
  const zoneProblem = useProblem('/timezone')
  const set = (name: string, value: unknown): void => onChange(withPart(trigger, name, value), name)
  if (object === undefined) return null
  const dates = names
    .filter(({ path, type, field }) => field !== undefined && path === `record.${field.slug}` && isDate(type))
    .map((name) => ({ ...name, path: name.field!.slug }))
  const field = object.fields.find(({ slug }) => slug === trigger['field'])
  const offset = (trigger['offset'] ?? { amount: 0, unit: 'days' }) as DateOffset
  return (
    <Stack gap="md">
      {dates.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.noDates(object.name)}
        </Text>
      ) : (
        <FieldSelect
          names={dates}
          value={String(trigger['field'] ?? '')}
          onChange={(slug) => set('field', slug)}
          label={words.field}
          path="/field"
        />
      )}
      {field === undefined ? null : (
        <>
          <div>
            <Text size="sm" fw={500} mb={4}>
              {words.when}
            </Text>
            <OffsetInput
              amount={offset.amount}
              unit={offset.unit}
              units={DATE_OFFSET_UNITS}
              onChange={(next) => set('offset', next.amount === 0 ? undefined : next)}
              error={offsetProblem}
              path="/offset"
            />
          </div>
          <TextInput
            type="time"
            label={words.at}
            description={field.type === 'datetime' ? words.ownTime : undefined}
            value={String(trigger['at'] ?? (field.type === 'datetime' ? '' : DEFAULT_AT))}
            onChange={(event) => {
              const at = event.currentTarget.value
              set('at', field.type === 'date' && at === DEFAULT_AT ? undefined : at)
            }}
            disabled={readOnly}
            error={atProblem}
            wrapperProps={{ 'data-path': '/at' }}
          />
          <TimezoneSelect value={trigger['timezone']} onChange={(zone) => set('timezone', zone)} error={zoneProblem} />
          <Switch
            label={words.yearly}
            description={words.yearlyHint}
            checked={trigger['yearly'] === true}
            disabled={readOnly}
            onChange={(event) => set('yearly', event.currentTarget.checked || undefined)}
          />
          <div className={classes['times']}>
            <Text size="sm" fw={500}>
              {sentence(triggerWords(trigger, objects))}
            </Text>
            <NextDates trigger={trigger as unknown as DateTrigger} object={object} />
          </div>
        </>
      )}
    </Stack>
  )
}

const isDate = (type: string): boolean => type === 'date' || type === 'datetime'
