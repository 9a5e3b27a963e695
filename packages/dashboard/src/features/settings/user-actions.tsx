import { ActionIcon, Menu, Modal } from '@mantine/core'
import { deleteUser, makePasswordLink, updateUser, type User } from '@kantos/model'
import { IconDots, IconKey, IconLogin, IconTrash, IconUserOff } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { confirm } from '../../components/confirm.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { OneTimeLink } from './one-time-link.tsx'

const words = settingsStrings.users

/** Suspend, let in again, a new password, delete. */
export function UserActions({ user }: { user: User }) {
  const queryClient = useQueryClient()
  const params = { id: user.id }
  const onSettled = () => queryClient.invalidateQueries({ queryKey: keys.users })
  const suspend = useMutation({
    mutationFn: () => call(updateUser, { params, body: { suspended: !user.suspended } }),
    onError: notifyError,
    onSettled,
  })
  const remove = useMutation({
    mutationFn: () => call(deleteUser, { params }),
    onSuccess: () => notifyDone(words.deleted),
    onError: notifyError,
    onSettled,
  })
  const link = useMutation({ mutationFn: () => call(makePasswordLink, { params }), onError: notifyError })

  async function askAndDelete(): Promise<void> {
    const sure = await confirm({
      title: words.deleteTitle(user.name),
      text: words.deleteText,
      confirm: settingsStrings.delete,
    })
    if (sure) remove.mutate()
  }

  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={words.more(user.name)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconKey size={15} />} onClick={() => link.mutate()}>
            {words.passwordLink}
          </Menu.Item>
          <Menu.Item
            leftSection={user.suspended ? <IconLogin size={15} /> : <IconUserOff size={15} />}
            onClick={() => suspend.mutate()}
          >
            {user.suspended ? words.resume : words.suspend}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
            {settingsStrings.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={link.data !== undefined}
        onClose={link.reset}
        title={words.passwordTitle(user.name)}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {link.data !== undefined && <OneTimeLink link={link.data} onClose={link.reset} />}
      </Modal>
    </>
  )
}
