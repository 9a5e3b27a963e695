import { Button, Collapse, Stack } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import classes from './disclosure.module.css'

interface DisclosureProps {
  label: string
  /** open from the start */
  initially?: boolean
  /** open whatever was clicked, as when something within is wrong */
  forced?: boolean
  children: ReactNode
}

/** What few need, behind a click. */
export function Disclosure({ label, initially = false, forced = false, children }: DisclosureProps) {
  const [clicked, setClicked] = useState(initially)
  const opened = clicked || forced
  return (
    <div>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        className={classes['toggle']}
        leftSection={
          <IconChevronRight size={15} className={classes['chevron']} data-open={opened || undefined} aria-hidden />
        }
        onClick={() => setClicked(!opened)}
        aria-expanded={opened}
      >
        {label}
      </Button>
      <Collapse expanded={opened}>
        <Stack gap="md" pt="sm">
          {children}
        </Stack>
      </Collapse>
    </div>
  )
}
