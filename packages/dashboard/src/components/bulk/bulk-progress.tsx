import type { BulkAction } from '@kantos/model'
import { Button, Group, Text } from '@mantine/core'
import { strings } from '../../strings/runs.ts'
import type { BulkState } from './bulk.ts'

const words = strings.bulkActions

/** Shows how far a bulk action is, with a button that stops it. What ended well goes by itself after some seconds. */
export async function showProgress(
  action: BulkAction,
  begin: BulkState,
  onStop: () => void,
): Promise<{ show(state: BulkState): void; hide(): void }> {
  const { notifications } = await import('@mantine/notifications')
  const look = (state: BulkState) => ({
    title: words.title[state.state](words[action]),
    message: <Progress state={state} onStop={onStop} />,
    loading: state.state === 'running',
    color: state.failed > 0 ? 'orange' : 'teal',
    autoClose: state.state === 'ended' && state.failed === 0 ? 5000 : (false as const),
    withCloseButton: state.state !== 'running',
    withBorder: true,
  })
  const id = notifications.show(look(begin))
  return {
    show: (state) => void notifications.update({ id, ...look(state) }),
    hide: () => void notifications.hide(id),
  }
}

function Progress({ state, onStop }: { state: BulkState; onStop(): void }) {
  return (
    <>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="numbers">
          {words.progress(state.done, state.failed)}
        </Text>
        {state.state === 'running' ? (
          <Button
            size="compact-sm"
            variant="default"
            onClick={(event) => {
              event.currentTarget.disabled = true
              onStop()
            }}
          >
            {words.stop}
          </Button>
        ) : null}
      </Group>
      {state.reasons.map((reason) => (
        <Text key={reason} size="xs" c="dimmed">
          {reason}
        </Text>
      ))}
    </>
  )
}
