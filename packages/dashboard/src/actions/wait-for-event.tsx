import { ON_TIMEOUT, WAIT_EVENTS } from '@kantos/model'
import { Select } from '@mantine/core'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { FieldChange } from '../components/values/field-change.tsx'
import { strings } from '../strings/actions.ts'
import { DurationInput } from './duration-input.tsx'
import { type ActionFormProps, textIn } from './form.ts'

const words = strings.wait

/** Which event of the run's record is waited for, how long at most, and what then. */
export function WaitForEvent({ config, replace }: Pick<ActionFormProps, 'config' | 'replace'>) {
  const { readOnly } = useEditor()
  const eventProblem = useProblem('/config/event')
  const timeoutProblem = useProblem('/config/timeout')
  const { field: _, from: __, to: ___, ...rest } = config
  const timeout = (config['timeout'] ?? {}) as { duration?: unknown; unit?: unknown }
  const setTimeout = (change: object): void => replace({ ...config, timeout: { unit: 'days', ...timeout, ...change } })
  return (
    <>
      <Select
        label={words.event}
        data={WAIT_EVENTS.map((value) => ({ value, label: words.events[value] }))}
        value={textIn(config, 'event')}
        onChange={(event) => replace({ ...rest, event, ...(event === 'field.changed' ? { field: '' } : {}) })}
        allowDeselect={false}
        disabled={readOnly}
        error={eventProblem}
        wrapperProps={{ 'data-path': '/config/event' }}
      />
      {config['event'] === 'field.changed' ? (
        <FieldChange
          value={config}
          onChange={(change) =>
            replace(
              Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, part]) => part !== undefined)),
            )
          }
          path="/config"
        />
      ) : null}
      <DurationInput
        amount={timeout.duration}
        unit={String(timeout.unit ?? 'days')}
        label={words.timeout}
        path="/config/timeout"
        onAmount={(duration) => setTimeout({ duration: duration ?? undefined })}
        onUnit={(unit) => setTimeout({ unit })}
      />
      <Select
        label={words.onTimeout}
        data={ON_TIMEOUT.map((value) => ({ value, label: words.onTimeouts[value] }))}
        value={textIn(config, 'on_timeout') || 'continue'}
        onChange={(value) => {
          const { on_timeout: ____, ...others } = config
          replace(value === 'continue' ? others : { ...others, on_timeout: value })
        }}
        allowDeselect={false}
        disabled={readOnly}
        error={timeoutProblem}
      />
    </>
  )
}
