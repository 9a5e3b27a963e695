import { getRouteApi, Link } from '@tanstack/react-router'
import { type ComponentType, lazy, Suspense, useEffect, useRef } from 'react'
import { Page } from '../../components/page.tsx'
import { EmptyState, Loading } from '../../components/states.tsx'
import { useCan } from '../../lib/session.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings as words } from '../../strings/settings.ts'
import classes from './settings.module.css'

const route = getRouteApi('/shell/settings/$section')

type Section = keyof typeof words.sections

/** The sections; those of administrators aren't offered to others. */
const SECTIONS: Record<Section, { admin: boolean; page: ComponentType }> = {
  objects: { admin: false, page: lazy(() => import('./objects/objects-section.tsx')) },
  users: { admin: false, page: lazy(() => import('./users-section.tsx')) },
  'api-keys': { admin: true, page: lazy(() => import('./api-keys-section.tsx')) },
  secrets: { admin: false, page: lazy(() => import('./secrets-section.tsx')) },
  'signing-secret': { admin: true, page: lazy(() => import('./signing-secret-section.tsx')) },
  workspace: { admin: false, page: lazy(() => import('./workspace-section.tsx')) },
  alerts: { admin: false, page: lazy(() => import('./alerts-section.tsx')) },
  'business-hours': { admin: false, page: lazy(() => import('./hours/hours-section.tsx')) },
  storage: { admin: true, page: lazy(() => import('./storage-section.tsx')) },
  'audit-log': { admin: true, page: lazy(() => import('./audit-log-section.tsx')) },
  password: { admin: false, page: lazy(() => import('./password-section.tsx')) },
}
const NAMES = Object.keys(SECTIONS) as Section[]

/** The settings of the workspace, by section. Source: SPEC.md, section 12 */
export function SettingsPage() {
  const { section } = route.useParams()
  const admin = useCan('admin')
  const known = Object.hasOwn(SECTIONS, section) ? (section as Section) : null
  const Content = known === null ? null : SECTIONS[known].page
  const nav = useRef<HTMLElement>(null)
  // on a narrow screen the sections stand in a row that scrolls
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [section])
  const allowed = known !== null && (admin || !SECTIONS[known].admin)

  return (
    <Page title={words.title}>
      <div className={classes.split}>
        <nav ref={nav} className={classes.nav} aria-label={words.nav}>
          {NAMES.filter((name) => admin || !SECTIONS[name].admin).map((name) => (
            <Link
              key={name}
              to="/settings/$section"
              params={{ section: name }}
              search={{}}
              className={classes.entry}
              activeProps={{ className: classes.active }}
              activeOptions={{ includeSearch: false }}
            >
              {words.sections[name]}
            </Link>
          ))}
        </nav>
        <div className={classes.section}>
          {Content === null && <EmptyState title={strings.notFound.title} />}
          {Content !== null && !allowed && <EmptyState title={words.notAllowed} />}
          {Content !== null && allowed && (
            <Suspense fallback={<Loading />}>
              <Content />
            </Suspense>
          )}
        </div>
      </div>
    </Page>
  )
}
