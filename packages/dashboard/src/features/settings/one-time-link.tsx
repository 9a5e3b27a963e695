import { Button, Group, Stack, Text } from '@mantine/core'
import { Time } from '../../components/time.tsx'
import { settingsStrings } from '../../strings/settings.ts'
import { ShownOnce } from './shown-once.tsx'

const words = settingsStrings.users

/** A link to hand on; it works once. */
export function OneTimeLink({ link, onClose }: { link: { url: string; expires_at: string }; onClose: () => void }) {
  return (
    <Stack>
      <Text size="sm">
        {words.linkUntil} <Time iso={link.expires_at} as="full" />.
      </Text>
      <ShownOnce value={link.url} label={words.link} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{words.done}</Button>
      </Group>
    </Stack>
  )
}
