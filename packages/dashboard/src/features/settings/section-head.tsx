import { Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './settings.module.css'

interface SectionHeadProps {
  title: ReactNode
  intro?: string
  action?: ReactNode
}

/** The heading of a section, what it is about, and its button. */
export function SectionHead({ title, intro, action }: SectionHeadProps) {
  return (
    <div className={classes.head}>
      <div className={classes.intro}>
        <Title order={2}>{title}</Title>
        {intro !== undefined && (
          <Text size="sm" c="dimmed">
            {intro}
          </Text>
        )}
      </div>
      {action}
    </div>
  )
}
