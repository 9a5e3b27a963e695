import { Group, NumberInput, Select } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings/editor.ts'
import { useEditor } from '../editor/context.tsx'

interface OffsetInputProps<Unit extends string> {
  /** below 0: before the date; 0: on it */
  amount: number
  unit: Unit
  units: readonly Unit[]
  onChange(offset: { amount: number; unit: Unit }): void
  error?: string
  path?: string
}

const words = strings.offset

/** On a date, or so much before or after it. */
export function OffsetInput<Unit extends string>(props: OffsetInputProps<Unit>) {
  const { amount, unit, units, onChange, error, path } = props
  const { readOnly } = useEditor()
  const side = amount < 0 ? 'before' : amount > 0 ? 'after' : 'on'
  // a number that is being typed anew is nothing for a moment
  const [size, setSize] = useState<number | string>(Math.abs(amount) || 1)
  const signed = (of: number, to: string): number => (to === 'on' ? 0 : to === 'before' ? -of : of)
  return (
    <Group gap={8} wrap="nowrap" align="flex-start" data-path={path}>
      {side === 'on' ? null : (
        <>
          <NumberInput
            aria-label={words.amount}
            value={size}
            onChange={(next) => {
              setSize(next)
              if (typeof next === 'number' && next > 0) onChange({ amount: signed(next, side), unit })
            }}
            min={1}
            max={36_500}
            allowDecimal={false}
            allowNegative={false}
            disabled={readOnly}
            w={88}
            error={error}
          />
          <Select
            aria-label={words.unit}
            data={[...units]}
            value={unit}
            onChange={(next) => next !== null && onChange({ amount, unit: next as Unit })}
            allowDeselect={false}
            disabled={readOnly}
            w={116}
          />
        </>
      )}
      <Select
        aria-label={words.side}
        data={Object.entries(words.sides).map(([value, label]) => ({ value, label }))}
        value={side}
        onChange={(to) => to !== null && onChange({ amount: signed(Number(size) || 1, to), unit })}
        allowDeselect={false}
        disabled={readOnly}
        flex={1}
      />
    </Group>
  )
}
