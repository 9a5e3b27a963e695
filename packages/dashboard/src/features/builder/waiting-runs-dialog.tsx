import { WAITING_RUNS, type WaitingRuns } from '@kantos/model'
import { Button, Group, Modal, Radio, Stack } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import type { WaitingRunsChoice } from './state/use-waiting-runs.ts'

const words = strings.waiting

/** What becomes of the runs that wait on an earlier version, before a new one is saved. */
export function WaitingRunsDialog({ count, answer }: Pick<WaitingRunsChoice, 'count' | 'answer'>) {
  return (
    <Modal
      opened={count !== null}
      onClose={() => answer(null)}
      closeButtonProps={{ 'aria-label': common.close }}
      title={words.title(count ?? 0)}
      size="md"
    >
      {count === null ? null : <Choice answer={answer} />}
    </Modal>
  )
}

function Choice({ answer }: Pick<WaitingRunsChoice, 'answer'>) {
  const [choice, setChoice] = useState<WaitingRuns>('finish')
  return (
    <Stack gap="lg">
      <Radio.Group label={words.choose} value={choice} onChange={(next) => setChoice(next as WaitingRuns)}>
        <Stack gap="sm" mt="sm">
          {WAITING_RUNS.map((value) => (
            <Radio
              key={value}
              value={value}
              label={words.choices[value].label}
              description={words.choices[value].hint}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Group gap={8} justify="flex-end">
        <Button variant="default" onClick={() => answer(null)}>
          {common.cancel}
        </Button>
        <Button onClick={() => answer(choice)} color={choice === 'cancel' ? 'red.8' : undefined}>
          {strings.save}
        </Button>
      </Group>
    </Stack>
  )
}
