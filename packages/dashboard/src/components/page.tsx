import { Group, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { strings } from '../strings/common.ts'
import classes from './page.module.css'

interface PageProps {
  /** the page's heading, also in the browser's tab */
  title: string
  /** stands before the heading: a way back, an icon */
  lead?: ReactNode
  /** stands beside the heading: badges */
  beside?: ReactNode
  /** buttons at the top right */
  actions?: ReactNode
  /** filters, below the heading */
  toolbar?: ReactNode
  /** `fill`: the page itself doesn't scroll, its contents do; `narrow`: forms and prose */
  layout?: 'plain' | 'fill' | 'narrow'
  children: ReactNode
}

/** The frame of a page: its one heading, its buttons, and the contents. */
export function Page({ title, lead, beside, actions, toolbar, layout = 'plain', children }: PageProps) {
  useDocumentTitle(`${title} · ${strings.product}`)
  return (
    <div className={classes.page} data-layout={layout}>
      <header className={classes.head}>
        <Group gap="xs" wrap="nowrap" className={classes.heading}>
          {lead}
          <Title order={1} className="truncate">
            {title}
          </Title>
          {beside}
        </Group>
        {actions !== undefined && (
          <Group gap="xs" className={classes.actions}>
            {actions}
          </Group>
        )}
      </header>
      {toolbar !== undefined && <div className={classes.toolbar}>{toolbar}</div>}
      <div className={classes.body}>{children}</div>
    </div>
  )
}
