import { ActionIcon, Button, Text } from '@mantine/core'
import type { EmailTemplateAnswer } from '@kantos/model'
import { IconArrowLeft } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useBlocker, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { Page } from '../../components/page.tsx'
import { notifyDone } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { emailStrings } from '../../strings/emails.ts'
import { saveTemplate } from './api.ts'
import { TemplateForm, type TemplateTexts } from './template-form.tsx'
import { TemplateMenu } from './template-menu.tsx'
import { TemplatePreview } from './template-preview.tsx'
import classes from './template-editor.module.css'
import { useTemplateSample } from './use-template-sample.ts'

const words = emailStrings.templates

/** Writes a template, with what it looks like beside it. */
export function TemplateEditor({ template }: { template: EmailTemplateAnswer | null }) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const editor = useCan('editor')
  const [saved, setSaved] = useState<TemplateTexts>(() => textsOf(template))
  const [texts, setTexts] = useState(saved)
  const sample = useTemplateSample(`${saved.subject} ${saved.html} ${saved.text}`)
  const dirty = JSON.stringify(texts) !== JSON.stringify(saved)
  const leaving = useRef(false)

  const save = useMutation({
    mutationFn: () =>
      saveTemplate(template?.id ?? null, { ...texts, text: texts.text.trim() === '' ? null : texts.text }),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.template(answer.id), answer)
      void queryClient.invalidateQueries({ queryKey: keys.templates() })
      setSaved(texts)
      notifyDone(words.saved)
      if (template !== null) return
      leaving.current = true
      void navigate({ to: '/templates/$templateId', params: { templateId: answer.id }, replace: true })
    },
  })
  useBlocker({
    enableBeforeUnload: () => dirty && !leaving.current,
    shouldBlockFn: async () => {
      if (!dirty || leaving.current) return false
      return !(await confirm({ title: words.leave, text: words.leaveText, confirm: words.leaveConfirm }))
    },
  })

  return (
    <Page
      title={texts.name.trim() === '' ? words.untitled : texts.name}
      layout="fill"
      lead={
        <ActionIcon component={Link} to="/templates" aria-label={words.back}>
          <IconArrowLeft size={18} />
        </ActionIcon>
      }
      beside={
        dirty && (
          <Text size="sm" c="dimmed" className="truncate">
            {words.unsaved}
          </Text>
        )
      }
      actions={
        editor && (
          <>
            {template !== null && (
              <TemplateMenu
                template={template}
                onLeave={() => {
                  leaving.current = true
                }}
              />
            )}
            <Button onClick={() => save.mutate()} loading={save.isPending} disabled={!dirty}>
              {words.save}
            </Button>
          </>
        )
      }
    >
      <div className={classes.split}>
        <TemplateForm texts={texts} onChange={setTexts} sample={sample} error={save.error} readOnly={!editor} />
        <TemplatePreview texts={texts} sample={sample} templateId={editor && template !== null ? template.id : null} />
      </div>
    </Page>
  )
}

function textsOf(template: EmailTemplateAnswer | null): TemplateTexts {
  if (template === null) return { name: '', subject: '', html: '', text: '' }
  const { name, subject, html, text } = template
  return { name, subject, html, text: text ?? '' }
}
