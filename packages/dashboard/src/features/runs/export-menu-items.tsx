import type { RunFilterInput } from '@kantos/model'
import { Menu } from '@mantine/core'
import type { ReactElement } from 'react'
import { OpenedMenu } from '../../components/opened-menu.tsx'
import { strings } from '../../strings/runs.ts'

/** The runs of a filter as a file. */
export default function ExportMenuItems(props: {
  filter: RunFilterInput
  trigger: ReactElement<Record<string, unknown>>
}) {
  const query = new URLSearchParams(props.filter as Record<string, string>)
  return (
    <OpenedMenu trigger={props.trigger}>
      {Object.entries(strings.exportAs).map(([format, label]) => (
        <Menu.Item
          key={format}
          component="a"
          href={`/api/runs/export?${new URLSearchParams([...query, ['format', format]])}`}
          download={`runs.${format}`}
        >
          {label}
        </Menu.Item>
      ))}
    </OpenedMenu>
  )
}
