import { type AutomationAnswer, type Comparable, compareAutomations } from '@kantos/model'
import { Button, Group, Modal, Stack, Text, Title } from '@mantine/core'
import { useMemo } from 'react'
import { timeAgo } from '../../lib/time.ts'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import { type Draft, draftOf } from './document/draft.ts'
import { ChangeList } from './panel/change-list.tsx'

const words = strings.conflict

interface ConflictDialogProps {
  /** what another person saved; null while there is no conflict */
  theirs: AutomationAnswer | null
  mine: Draft
  onKeepMine(): void
  onTakeTheirs(): void
  onClose(): void
}

/** Two people saved: both versions side by side, and the choice. */
export function ConflictDialog({ theirs, mine, onKeepMine, onTakeTheirs, onClose }: ConflictDialogProps) {
  const lines = useMemo(
    () => (theirs === null ? [] : compareAutomations(comparable(draftOf(theirs)), comparable(mine)).words),
    [theirs, mine],
  )
  return (
    <Modal
      opened={theirs !== null}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': common.close }}
      title={words.title}
      size="lg"
    >
      {theirs === null ? null : (
        <Stack gap="md">
          <Text size="sm">{words.text(theirs.version, timeAgo(theirs.updated_at))}</Text>
          <Title order={3} size="h3">
            {words.theirs} → {words.mine}
          </Title>
          <ChangeList lines={lines} empty={words.same} />
          <Group gap={8} justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.later}
            </Button>
            <Button variant="default" onClick={onTakeTheirs}>
              {words.takeTheirs}
            </Button>
            <Button onClick={onKeepMine}>{words.keepMine}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}

/** A draft whose parts may be incomplete still compares: what is missing reads as nothing. */
const comparable = (draft: Draft) => draft as unknown as Comparable
