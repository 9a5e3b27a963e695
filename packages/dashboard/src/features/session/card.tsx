import { Center, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { strings } from '../../strings/common.ts'
import { Mark } from '../../components/mark.tsx'
import classes from './card.module.css'

/** The frame of the pages before the login. */
export function Card({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  useDocumentTitle(`${title} · ${strings.product}`)
  return (
    <Center component="main" className={classes.page}>
      <div className={classes.column}>
        <div className={classes.mark}>
          <Mark size={36} />
        </div>
        <Paper className={classes.card}>
          <Stack gap={4} mb="lg">
            <Title order={1}>{title}</Title>
            {text !== undefined && (
              <Text c="dimmed" size="sm">
                {text}
              </Text>
            )}
          </Stack>
          {children}
        </Paper>
      </div>
    </Center>
  )
}
