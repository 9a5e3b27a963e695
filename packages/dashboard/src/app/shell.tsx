import { AppShell, Burger, Group, Text } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { strings } from '../strings/common.ts'
import { Mark } from '../components/mark.tsx'
import { HoldBanner } from './hold-banner.tsx'
import { takeKeptKeys } from '../lib/kept-keys.ts'
import { onSearch, openSearch } from './open-search.ts'
import { Sidebar } from './sidebar.tsx'
import classes from './shell.module.css'

const Search = lazy(() => import('./search.tsx').then((module) => ({ default: module.Search })))

/** The frame of every page: sidebar, search, and the page itself. On narrow screens the sidebar opens from a bar on top. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const [searching, setSearching] = useState(false)
  useHotkeys([['mod+K', openSearch]], [])
  useEffect(() => {
    const stop = onSearch(() => setSearching(true))
    return () => {
      stop()
      takeKeptKeys()
    }
  }, [])

  useEffect(() => {
    close()
    if (first.current) first.current = false
    else if (document.activeElement === document.body || document.activeElement?.closest('nav')) main.current?.focus()
  }, [path, close])

  return (
    <AppShell
      header={{ height: { base: 48, sm: 0 } }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      withBorder={false}
    >
      <a className="skip-link" href="#content">
        {strings.skip}
      </a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h={48} px="sm" gap="xs">
          <Burger
            opened={opened}
            onClick={toggle}
            size="sm"
            aria-label={opened ? strings.nav.close : strings.nav.open}
            aria-expanded={opened}
          />
          <Mark />
          <Text fw={600} size="md">
            Kantos
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={strings.nav.label}>
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main id="content" ref={main} tabIndex={-1} className={classes.main}>
        <HoldBanner />
        <Outlet />
      </AppShell.Main>
      {searching && (
        <Suspense fallback={null}>
          <Search />
        </Suspense>
      )}
    </AppShell>
  )
}
