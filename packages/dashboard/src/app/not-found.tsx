import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { strings } from '../strings/common.ts'

/** An address that names no page. */
export function NotFound() {
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={420} gap="sm" align="center" ta="center">
        <Title order={1}>{strings.notFound.title}</Title>
        <Text c="dimmed">{strings.notFound.text}</Text>
        <Button variant="default" component={Link} to="/automations">
          {strings.notFound.back}
        </Button>
      </Stack>
    </Center>
  )
}

/** The same outside the shell, where it is the whole page. */
export function Lost() {
  return (
    <main>
      <NotFound />
    </main>
  )
}
