import { Button } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { openDialog } from '../components/open-dialog.tsx'
import { holdQuery } from '../lib/hold.ts'
import { useCan } from '../lib/session.ts'
import { holdStrings as words } from '../strings/hold.ts'
import classes from './hold-banner.module.css'

/** Says that the workspace is on hold, on every page; admins release it here. */
export function HoldBanner() {
  const { data } = useQuery(holdQuery)
  const admin = useCan('admin')
  if (data?.on_hold !== true) return null
  const restored = data.reason === 'restore'
  return (
    <div className={classes.banner} role="status">
      <IconPlayerPause className={classes.icon} size={16} aria-hidden="true" />
      <p className={classes.text}>
        <strong>{restored ? words.restored : words.held}</strong> {data.note !== null && `${data.note} `}
        {words.means} {data.waiting !== null && words.waiting(data.waiting)}
      </p>
      {admin && (
        <Button size="compact-sm" variant="default" onClick={() => void openRelease(restored)}>
          {words.release}
        </Button>
      )}
    </div>
  )
}

async function openRelease(restored: boolean): Promise<void> {
  await openDialog(words.title, async () => {
    const { ReleaseDialog } = await import('./release-dialog.tsx')
    return (close) => <ReleaseDialog restored={restored} onClose={close} />
  })
}
