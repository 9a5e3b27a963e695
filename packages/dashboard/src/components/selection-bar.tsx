import { ActionIcon, Group, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './selection-bar.module.css'

interface SelectionBarProps {
  /** how many are selected, such as "3 selected" */
  label: string
  clearLabel: string
  onClear(): void
  /** what can be done with them: buttons */
  children?: ReactNode
}

/** What can be done with what is selected in a list; it lies over the list's end. */
export function SelectionBar({ label, clearLabel, onClear, children }: SelectionBarProps) {
  return (
    <div className={classes.bar} role="toolbar" aria-label={label}>
      <Text size="sm" fw={500} className={`${classes.count} numbers`} role="status">
        {label}
      </Text>
      {children !== undefined && children !== false && (
        <Group gap="xs" className={classes.buttons}>
          {children}
        </Group>
      )}
      <ActionIcon onClick={onClear} className={classes.clear} aria-label={clearLabel}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </div>
  )
}
