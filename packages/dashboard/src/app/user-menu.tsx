import { Avatar, UnstyledButton } from '@mantine/core'
import { popupOnDemand } from '../components/popup-on-demand.tsx'
import { useSession } from '../lib/session.ts'
import { strings } from '../strings/common.ts'
import classes from './sidebar.module.css'

const Items = popupOnDemand(() => import('./user-menu-items.tsx'))

/** Who is logged in, and the way out. */
export function UserMenu() {
  const { name } = useSession()
  return (
    <Items
      trigger={
        <UnstyledButton className={classes.user} title={strings.user.menu}>
          <Avatar aria-hidden="true" size={24} radius="xl" name={name} color="initials" />
          <span className="truncate">{name}</span>
        </UnstyledButton>
      }
    />
  )
}
