import { Button } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { emailStrings } from '../../strings/emails.ts'
import { sendTest } from './api.ts'
import type { TemplateTexts } from './template-form.tsx'

const words = emailStrings.templates

interface SendTestProps {
  templateId: string
  /** as they are written, saved or not */
  texts: TemplateTexts
  /** the sample record */
  recordId: string | null
}

/** Sends the e-mail as it is shown to the user who asks. */
export function SendTest({ templateId, texts, recordId }: SendTestProps) {
  const send = useMutation({
    mutationFn: () => {
      const { subject, html, text } = texts
      return sendTest(templateId, {
        texts: { subject, html, text: text.trim() === '' ? null : text },
        ...(recordId === null ? {} : { record_id: recordId }),
      })
    },
    onSuccess: ({ outcome, to }) => notifyDone(words.tested[outcome](to)),
    onError: notifyError,
  })
  return (
    <Button
      variant="default"
      leftSection={<IconSend size={15} />}
      loading={send.isPending}
      onClick={() => send.mutate()}
    >
      {words.test}
    </Button>
  )
}
