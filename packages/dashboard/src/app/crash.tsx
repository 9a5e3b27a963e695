import { Button, Center, Code, Stack, Text, Title } from '@mantine/core'
import { errorWords } from '../lib/error-words.ts'
import { strings } from '../strings/common.ts'

/** What stands where a page threw an error. */
export function Crash({ error }: { error: unknown }) {
  const { message } = errorWords(error)
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={480} gap="sm" role="alert">
        <Title order={1}>{strings.crash.title}</Title>
        <Text c="dimmed">{strings.crash.text}</Text>
        <Code block>{message}</Code>
        <Button variant="default" onClick={() => location.reload()} w="fit-content">
          {strings.crash.reload}
        </Button>
      </Stack>
    </Center>
  )
}
