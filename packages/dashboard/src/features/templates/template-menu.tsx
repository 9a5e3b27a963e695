import { ActionIcon, Menu } from '@mantine/core'
import type { EmailTemplateAnswer } from '@kantos/model'
import { IconCopy, IconDots, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { confirm } from '../../components/confirm.tsx'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { emailStrings } from '../../strings/emails.ts'
import { deleteTemplate, saveTemplate } from './api.ts'

const words = emailStrings.templates

/** Duplicate and delete. @param onLeave called before the page changes */
export function TemplateMenu({ template, onLeave }: { template: EmailTemplateAnswer; onLeave: () => void }) {
  const { id, name, subject, html, text } = template
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const refresh = () => queryClient.invalidateQueries({ queryKey: keys.templates() })
  const duplicate = useMutation({
    mutationFn: () => saveTemplate(null, { name: words.copyOf(name), subject, html, text }),
    onSuccess: (copy) => {
      void refresh()
      void navigate({ to: '/templates/$templateId', params: { templateId: copy.id } })
    },
    onError: notifyError,
  })
  const remove = useMutation({
    mutationFn: () => deleteTemplate(id),
    onSuccess: () => {
      onLeave()
      void refresh()
      notifyDone(words.deleted)
      void navigate({ to: '/templates' })
    },
    onError: notifyError,
  })

  async function askAndDelete(): Promise<void> {
    if (await confirm({ title: words.deleteTitle(name), text: words.deleteText, confirm: words.delete }))
      remove.mutate()
  }

  return (
    <Menu withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={words.more}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => duplicate.mutate()}>
          {words.duplicate}
        </Menu.Item>
        <Menu.Item color="var(--k-bad)" leftSection={<IconTrash size={15} />} onClick={() => void askAndDelete()}>
          {words.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
