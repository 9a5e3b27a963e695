import { Button, Group, NativeSelect, NumberInput, Radio, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { fromLocalInput, toLocalInput } from '../../../lib/local-input.ts'
import { strings } from '../../../strings/common.ts'
import { waitStrings } from '../../../strings/waits.ts'
import { type Move, type MoveUnit, UNIT_SECONDS } from './move.ts'

const words = waitStrings.reschedule
const HOUR_MS = 3_600_000

interface RescheduleDialogProps {
  /** of a single wait: when it would end */
  dueAt: string | null
  /** stands below the question */
  note: string | null
  onMove(move: Move): void
  onClose(): void
}

/** Asks where waits are moved to: a moment, or some time later or earlier. */
export function RescheduleDialog({ dueAt, note, onMove, onClose }: RescheduleDialogProps) {
  const [how, setHow] = useState<'at' | 'by'>(dueAt === null ? 'by' : 'at')
  const [at, setAt] = useState(() => toLocalInput(dueAt ?? new Date(Date.now() + HOUR_MS).toISOString()))
  const [amount, setAmount] = useState<number | string>(1)
  const [unit, setUnit] = useState<MoveUnit>('days')
  const [direction, setDirection] = useState<1 | -1>(1)
  const moment = fromLocalInput(at)
  const seconds = Math.round(Number(amount) * UNIT_SECONDS[unit]) * direction
  const move: Move | null =
    how === 'at'
      ? moment === null
        ? null
        : { due_at: moment }
      : amount === '' || seconds === 0
        ? null
        : { shift_seconds: seconds }
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (move !== null) onMove(move)
      }}
    >
      <Stack>
        <Radio.Group label={words.how} value={how} onChange={(value) => setHow(value as 'at' | 'by')}>
          <Stack gap="xs" mt="xs">
            <Radio value="at" label={words.at} />
            <Radio value="by" label={words.by} />
          </Stack>
        </Radio.Group>
        {how === 'at' ? (
          <TextInput
            type="datetime-local"
            label={words.when}
            description={words.zone(Intl.DateTimeFormat().resolvedOptions().timeZone)}
            value={at}
            onChange={(event) => setAt(event.currentTarget.value)}
            required
            withAsterisk={false}
          />
        ) : (
          <Group align="flex-end" gap="xs" wrap="nowrap">
            <NumberInput
              label={words.amount}
              min={0}
              max={36_500}
              decimalScale={2}
              hideControls
              value={amount}
              onChange={setAmount}
              w={88}
            />
            <NativeSelect
              aria-label={words.unit}
              data={Object.entries(words.units).map(([value, label]) => ({ value, label }))}
              value={unit}
              onChange={(event) => setUnit(event.currentTarget.value as MoveUnit)}
              flex={1}
            />
            <NativeSelect
              aria-label={words.direction}
              data={[
                { value: '1', label: words.later },
                { value: '-1', label: words.earlier },
              ]}
              value={String(direction)}
              onChange={(event) => setDirection(event.currentTarget.value === '1' ? 1 : -1)}
              flex={1}
            />
          </Group>
        )}
        <Text size="sm" c="dimmed">
          {words.note} {note}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.cancel}
          </Button>
          <Button type="submit" disabled={move === null}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
