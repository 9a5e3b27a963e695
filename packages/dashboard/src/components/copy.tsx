import { ActionIcon, CopyButton } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { strings } from '../strings/common.ts'

/** A button that copies a text. @param label what is copied, for screen readers */
export function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <ActionIcon
          onClick={copy}
          title={copied ? strings.copied : strings.copy}
          aria-label={copied ? strings.copied : `${strings.copy}: ${label}`}
        >
          {copied ? <IconCheck size={16} color="var(--k-good)" /> : <IconCopy size={16} />}
        </ActionIcon>
      )}
    </CopyButton>
  )
}
