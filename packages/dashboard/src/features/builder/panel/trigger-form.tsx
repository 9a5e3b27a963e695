import { type AutomationAnswer, TRIGGERS, type TriggerEvent } from '@kantos/model'
import { Select, Stack, Text } from '@mantine/core'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { FieldChange } from '../../../components/values/field-change.tsx'
import { ObjectSelect } from '../../../components/values/object-select.tsx'
import { strings } from '../../../strings/builder.ts'
import { DateForm } from './date-form.tsx'
import { ScheduleForm } from './schedule-form.tsx'
import { WebhookTrigger } from './webhook-trigger.tsx'

const words = strings.trigger

export interface TriggerFormProps {
  trigger: Readonly<Record<string, unknown>>
  onChange(trigger: Record<string, unknown>, tag?: string): void
  /** as it is saved, for the URL of a webhook */
  saved: AutomationAnswer | null
}

/** What starts the automation. */
export function TriggerForm({ trigger, onChange, saved }: TriggerFormProps) {
  const { readOnly } = useEditor()
  const own = useProblem('')
  const eventProblem = useProblem('/event')
  const missing = trigger['event'] === undefined && (own ?? eventProblem) !== undefined
  const error = missing ? words.choose : (eventProblem ?? own)
  const event = trigger['event'] as TriggerEvent | undefined
  const choose = (next: string | null): void => {
    const object = trigger['object']
    if (next === 'schedule') onChange({ event: next, cron: '0 9 * * 1-5' })
    else if (next === 'webhook.received') onChange({ event: next, auth: 'token' })
    else if (next !== null) onChange({ event: next, ...(object === undefined ? {} : { object }) })
  }
  return (
    <Stack gap="md">
      <Select
        label={words.event}
        data={Object.entries(TRIGGERS).map(([value, { label }]) => ({ value, label }))}
        value={event ?? null}
        onChange={choose}
        allowDeselect={false}
        placeholder={words.choose}
        disabled={readOnly}
        error={error}
        wrapperProps={{ 'data-path': '/event' }}
        withAsterisk
        maxDropdownHeight={480}
        renderOption={({ option }) => (
          <div>
            <Text size="sm">{option.label}</Text>
            <Text size="xs" c="dimmed">
              {TRIGGERS[option.value as TriggerEvent].hint}
            </Text>
          </div>
        )}
      />
      {event === undefined || event === 'schedule' || event === 'webhook.received' ? null : (
        <ObjectSelect
          label={words.object}
          value={trigger['object']}
          onChange={(object) => onChange({ event, object })}
          path="/object"
        />
      )}
      {event === 'field.changed' ? (
        <FieldChange
          value={trigger}
          onChange={(change, tag) =>
            onChange(
              Object.entries(change).reduce((all, [name, part]) => withPart(all, name, part), { ...trigger }),
              tag,
            )
          }
          path=""
        />
      ) : null}
      {event === 'date.reached' ? <DateForm trigger={trigger} onChange={onChange} /> : null}
      {event === 'schedule' ? <ScheduleForm trigger={trigger} onChange={onChange} /> : null}
      {event === 'webhook.received' ? <WebhookTrigger trigger={trigger} onChange={onChange} saved={saved} /> : null}
      {event === 'manual' ? (
        <Text size="sm" c="dimmed">
          {words.manualHint}
        </Text>
      ) : null}
    </Stack>
  )
}

/** Sets a key of the trigger, or takes it out when the value is empty. */
export function withPart(
  trigger: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): Record<string, unknown> {
  const { [name]: _, ...rest } = trigger
  const isEmpty = value === undefined || value === null || value === ''
  return isEmpty ? rest : { ...rest, [name]: value }
}
