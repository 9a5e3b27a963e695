import { Radio, Stack } from '@mantine/core'
import { strings } from '../strings/runs.ts'

const words = strings.retry

export type RetryVersion = 'same' | 'newest'

interface VersionChoiceProps {
  value: RetryVersion
  /** in other words than the choice's own, such as "Version 3" */
  texts?: Partial<Record<RetryVersion, string>>
  onChange(version: RetryVersion): void
}

/** Whether a retry goes on with the version that failed, or with the newest. */
export function VersionChoice({ value, texts = {}, onChange }: VersionChoiceProps) {
  return (
    <Radio.Group label={words.version} value={value} onChange={(next) => onChange(next as RetryVersion)}>
      <Stack gap="xs" mt="xs">
        <Radio value="same" label={words.same} description={texts.same} />
        <Radio value="newest" label={words.newest} description={texts.newest} />
      </Stack>
    </Radio.Group>
  )
}
