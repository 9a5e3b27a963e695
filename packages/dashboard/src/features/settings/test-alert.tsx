import { Button, List, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconSend } from '@tabler/icons-react'
import { type AlertTest, testAlertsRoute } from '@kantos/model'
import { useMutation } from '@tanstack/react-query'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { settingsStrings } from '../../strings/settings.ts'

const words = settingsStrings.alerts

/** Sends a test alert, and says what came of it. @param unsaved the settings on the screen aren't those that it goes by */
export function TestAlert({ unsaved }: { unsaved: boolean }) {
  const test = useMutation({ mutationFn: () => call(testAlertsRoute) })
  return (
    <div>
      <Button
        variant="default"
        leftSection={<IconSend size={15} />}
        loading={test.isPending}
        disabled={unsaved}
        onClick={() => test.mutate()}
      >
        {words.test}
      </Button>
      {unsaved && (
        <Text size="sm" c="dimmed" mt="xs">
          {words.testUnsaved}
        </Text>
      )}
      <div role="status">
        {test.data !== undefined && !test.isPending && (
          <List size="sm" mt="sm" p={0} spacing="xs" listStyleType="none" center>
            {outcomesOf(test.data).map(({ well, text }) => (
              <List.Item
                key={text}
                icon={
                  well ? (
                    <IconCheck size={16} color="var(--k-good)" aria-hidden />
                  ) : (
                    <IconAlertTriangle size={16} color="var(--k-bad)" aria-hidden />
                  )
                }
              >
                {text}
              </List.Item>
            ))}
          </List>
        )}
      </div>
      <ErrorNote error={test.error} />
    </div>
  )
}

function outcomesOf({ mail, webhook }: AlertTest): { well: boolean; text: string }[] {
  const byMail = words.testMail[mail.outcome](mail.to.join(', '), mail.error ?? '')
  const outcomes = [{ well: mail.outcome === 'sent' || mail.outcome === 'captured', text: byMail }]
  if (webhook.outcome === 'sent') outcomes.push({ well: true, text: words.testWebhook.sent(webhook.status) })
  if (webhook.outcome === 'failed') outcomes.push({ well: false, text: words.testWebhook.failed(webhook.error ?? '') })
  return outcomes
}
