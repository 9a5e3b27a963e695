import { Alert, type AlertProps } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'

interface NoticeProps extends Omit<AlertProps, 'variant' | 'color' | 'icon' | 'c' | 'styles'> {
  /** how grave it is; its icon and border have that colour, its words are read as any others */
  tone: 'bad' | 'warn'
}

/** What a user must know before they go on: an error, or a warning. */
export function Notice({ tone, ...rest }: NoticeProps) {
  return (
    <Alert
      {...rest}
      variant="outline"
      color={tone === 'bad' ? 'red' : 'orange'}
      c="var(--k-text)"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      styles={{ icon: { color: `var(--k-${tone})` }, title: { color: 'inherit' } }}
    />
  )
}
