import { WAIT_UNITS } from '@kantos/model'
import { Group, SegmentedControl, Select, Stack } from '@mantine/core'
import { useEditor } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { ValueInput } from '../components/values/value-input.tsx'
import { strings } from '../strings/actions.ts'
import { type ActionFormProps, textIn } from './form.ts'

const words = strings.wait

/** Wait: for a time, or until a date. */
export function WaitForm({ config, set, replace }: ActionFormProps) {
  const { readOnly } = useEditor()
  const until = config['until'] !== undefined
  const unit = textIn(config, 'unit') || 'minutes'
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={words.kind}
        fullWidth
        disabled={readOnly}
        value={until ? 'until' : 'duration'}
        onChange={(kind) => replace(kind === 'until' ? { until: '' } : { duration: 1, unit: 'days' })}
        data={[
          { value: 'duration', label: words.kinds.duration },
          { value: 'until', label: words.kinds.until },
        ]}
      />
      {until ? (
        <TemplateField
          label={words.until}
          description={words.untilHint}
          value={textIn(config, 'until')}
          onChange={(text) => set('until', text)}
          path="/config/until"
          placeholder={words.untilPlaceholder}
          required
        />
      ) : (
        <Group gap={8} align="flex-start" wrap="nowrap">
          <div style={{ flex: 1, minWidth: 0 }}>
            <ValueInput
              type="number"
              label={words.duration}
              value={config['duration']}
              onChange={(value) => set('duration', value ?? undefined)}
              path="/config/duration"
            />
          </div>
          <Select
            label={words.unit}
            w={128}
            data={[...WAIT_UNITS]}
            value={WAIT_UNITS.find((one) => one === unit || one === `${unit}s`) ?? 'minutes'}
            onChange={(value) => set('unit', value ?? undefined)}
            allowDeselect={false}
            disabled={readOnly}
          />
        </Group>
      )}
    </Stack>
  )
}
