import { Badge, Button, Group, Modal, Select, Table, Text } from '@mantine/core'
import { ROLES, type Role, updateUser } from '@kantos/model'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan, useSession } from '../../lib/session.ts'
import { usersQuery } from '../../lib/users.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { InviteUser } from './invite-user.tsx'
import { Section, SectionTable } from './section.tsx'
import { UserActions } from './user-actions.tsx'

const words = settingsStrings.users

/** The users and their roles. Source: SPEC.md, section 12 */
export default function UsersSection() {
  const queryClient = useQueryClient()
  const session = useSession()
  const admin = useCan('admin')
  const owner = useCan('owner')
  const [inviting, { open, close }] = useDisclosure(false)
  const list = useQuery(usersQuery)
  const setRole = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => call(updateUser, { params: { id }, body: { role } }),
    onError: notifyError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.users }),
  })

  return (
    <>
      <Section
        title={settingsStrings.sections.users}
        intro={words.intro}
        action={
          admin && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {words.invite}
            </Button>
          )
        }
        query={list}
      >
        <SectionTable columns={[settingsStrings.name, words.role, words.lastSeen, '']}>
          {list.data?.map((user) => (
            <Table.Tr key={user.id}>
              <Table.Td>
                <Group gap="xs">
                  <Text fw={500}>{user.name}</Text>
                  {user.id === session.id && (
                    <Text size="sm" c="dimmed">
                      ({words.you})
                    </Text>
                  )}
                  {user.suspended && <Badge color="var(--k-warn)">{words.suspended}</Badge>}
                </Group>
                <Text size="sm" c="dimmed">
                  {user.email}
                </Text>
              </Table.Td>
              <Table.Td w={180}>
                {admin && (owner || user.role !== 'owner') ? (
                  <Select
                    aria-label={words.roleOf(user.name)}
                    allowDeselect={false}
                    value={user.role}
                    data={ROLES.filter((role) => owner || role !== 'owner').map((role) => ({
                      value: role,
                      label: words.roles[role],
                    }))}
                    onChange={(role) => role !== null && setRole.mutate({ id: user.id, role: role as Role })}
                  />
                ) : (
                  words.roles[user.role]
                )}
              </Table.Td>
              <Table.Td data-label={words.lastSeen} style={{ whiteSpace: 'nowrap' }}>
                {user.last_seen_at === null ? settingsStrings.never : <Time iso={user.last_seen_at} />}
              </Table.Td>
              <Table.Td ta="right">{admin && user.id !== session.id && <UserActions user={user} />}</Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </Section>
      <Modal
        opened={inviting}
        onClose={close}
        title={words.inviteTitle}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {inviting && <InviteUser onClose={close} />}
      </Modal>
    </>
  )
}
