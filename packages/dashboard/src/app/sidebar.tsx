import { ActionIcon, Group, Kbd, Text, UnstyledButton } from '@mantine/core'
import {
  IconArrowsSplit2,
  IconHeartbeat,
  IconHistory,
  IconMail,
  IconPlus,
  IconSearch,
  IconSend,
  IconSettings,
} from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ObjectIcon } from '../components/object-icon.tsx'
import { useObjects } from '../lib/objects.ts'
import { useCan, useSession } from '../lib/session.ts'
import { strings } from '../strings/common.ts'
import { Mark } from '../components/mark.tsx'
import { openSearch } from './open-search.ts'
import { SchemeToggle } from './scheme-toggle.tsx'
import classes from './sidebar.module.css'
import { UserMenu } from './user-menu.tsx'

const ICON = { size: 17, stroke: 1.6, 'aria-hidden': true } as const

/** The main navigation: automations and what belongs to them, one entry per object, settings. Source: SPEC.md, section 13 */
export function Sidebar() {
  const objects = useObjects()
  const { workspace } = useSession()
  const admin = useCan('admin')
  return (
    <div className={classes.sidebar}>
      <Group className={classes.brand} gap="xs" wrap="nowrap">
        <Mark />
        <div className={classes.name}>
          <Text fw={600} size="sm" lh="18px" truncate>
            Kantos
          </Text>
          <Text c="dimmed" size="xs" lh="16px" truncate>
            {workspace.name}
          </Text>
        </div>
      </Group>
      <UnstyledButton className={classes.search} onClick={openSearch}>
        <IconSearch {...ICON} size={15} />
        <span>{strings.search}</span>
        <Kbd size="xs" visibleFrom="sm">
          Ctrl K
        </Kbd>
      </UnstyledButton>
      <div className={classes.scroll}>
        <Section title={strings.nav.work}>
          <Entry to="/overview" icon={<IconHeartbeat {...ICON} />} label={strings.nav.overview} />
          <Entry to="/automations" icon={<IconArrowsSplit2 {...ICON} />} label={strings.nav.automations} />
          <Entry to={'/runs' as '/automations'} icon={<IconHistory {...ICON} />} label={strings.nav.runs} />
          <Entry to="/templates" icon={<IconMail {...ICON} />} label={strings.nav.templates} />
          <Entry to="/outbox" icon={<IconSend {...ICON} />} label={strings.nav.outbox} />
        </Section>
        <Section
          title={strings.nav.objects}
          aside={
            admin && (
              <ActionIcon
                component={Link}
                to="/settings/$section"
                params={{ section: 'objects' } as never}
                size="xs"
                aria-label="Add or change objects"
              >
                <IconPlus size={14} />
              </ActionIcon>
            )
          }
        >
          {objects.map((object) => (
            <Entry
              key={object.id}
              to="/objects/$slug"
              params={{ slug: object.slug }}
              icon={<ObjectIcon name={object.icon} size={17} />}
              label={object.name}
            />
          ))}
        </Section>
      </div>
      <div className={classes.foot}>
        <Entry to="/settings" icon={<IconSettings {...ICON} />} label={strings.nav.settings} />
        <Group gap={4} wrap="nowrap" justify="space-between">
          <UserMenu />
          <SchemeToggle />
        </Group>
      </div>
    </div>
  )
}

function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.title}>
        <span>{title}</span>
        {aside}
      </div>
      {children}
    </section>
  )
}

interface EntryProps {
  to: LinkProps['to']
  params?: Record<string, string>
  icon: ReactNode
  label: string
}

function Entry({ to, params, icon, label }: EntryProps) {
  return (
    <Link
      to={to}
      params={params as never}
      className={classes.entry}
      activeProps={{ className: classes.active }}
      activeOptions={{ includeSearch: false }}
    >
      {icon}
      <span className="truncate">{label}</span>
    </Link>
  )
}
