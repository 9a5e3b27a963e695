import { ActionIcon, Group, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { strings } from '../../../strings/builder.ts'
import classes from './panel.module.css'

interface PanelProps {
  title: string
  subtitle?: string
  warnings?: readonly string[]
  menu?: ReactNode
  footer?: ReactNode
  onClose(): void
  children: ReactNode
}

/** The frame of what stands beside the flow. */
export function Panel({ title, subtitle, warnings = [], menu, footer, onClose, children }: PanelProps) {
  return (
    <>
      <header className={classes['head']}>
        <div className={classes['title']}>
          <Title order={2} size="h3" className="truncate">
            {title}
          </Title>
          {subtitle === undefined ? null : (
            <Text size="xs" c="dimmed" className="truncate">
              {subtitle}
            </Text>
          )}
        </div>
        <Group gap={4} wrap="nowrap">
          {menu}
          <ActionIcon aria-label={strings.closePanel} onClick={onClose}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Group>
      </header>
      <div className={classes['body']} data-panel-body>
        {warnings.map((warning) => (
          <p key={warning} className={classes['warning']}>
            <IconAlertTriangle size={16} stroke={1.8} aria-hidden />
            <span>{warning}</span>
          </p>
        ))}
        {children}
      </div>
      {footer === undefined ? null : <footer className={classes['foot']}>{footer}</footer>}
    </>
  )
}
