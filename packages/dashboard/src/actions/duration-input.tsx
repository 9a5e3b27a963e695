import { WAIT_UNITS } from '@kantos/model'
import { Group, Select } from '@mantine/core'
import { useEditor } from '../components/editor/context.tsx'
import { ValueInput } from '../components/values/value-input.tsx'
import { strings } from '../strings/actions.ts'

const words = strings.wait

interface DurationProps {
  amount: unknown
  unit: string
  label: string
  /** where `duration` and `unit` stand */
  path: string
  onAmount(value: unknown): void
  onUnit(unit: string): void
}

/** So many minutes, hours or days. */
export function DurationInput({ amount, unit, label, path, onAmount, onUnit }: DurationProps) {
  const { readOnly } = useEditor()
  return (
    <Group gap={8} align="flex-start" wrap="nowrap">
      <div style={{ flex: 1, minWidth: 0 }}>
        <ValueInput type="number" label={label} value={amount} onChange={onAmount} path={`${path}/duration`} />
      </div>
      <Select
        label={words.unit}
        w={128}
        data={[...WAIT_UNITS]}
        value={WAIT_UNITS.find((one) => one === unit || one === `${unit}s`) ?? 'minutes'}
        onChange={(value) => value !== null && onUnit(value)}
        allowDeselect={false}
        disabled={readOnly}
      />
    </Group>
  )
}
