import { Stack, Text } from '@mantine/core'
import { strings } from '../strings/actions.ts'
import type { ActionFormProps } from './form.ts'
import { RecordChoice } from './record-choice.tsx'

/** Delete Record: which one. */
export function DeleteRecordForm({ config, set }: ActionFormProps) {
  return (
    <Stack gap="md">
      <RecordChoice value={config['record_id']} onChange={(id) => set('record_id', id)} />
      <Text size="sm" c="dimmed">
        {strings.remove.hint}
      </Text>
    </Stack>
  )
}
