import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { listAutomationsRoute, queryRecordsRoute } from '@kantos/model'
import { useDebouncedValue } from '@mantine/hooks'
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
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { ObjectIcon } from '../components/object-icon.tsx'
import { call } from '../lib/client.ts'
import { useObjects } from '../lib/objects.ts'
import { recordTitle } from '../lib/record-title.ts'
import { strings } from '../strings/common.ts'
import { takeKeptKeys } from '../lib/kept-keys.ts'
import { onSearch } from './open-search.ts'
import classes from './search.module.css'

const ICON = { size: 18, stroke: 1.6 } as const
const RESULTS = 4
const [store, { open }] = createSpotlight()

/** Search over pages, automations and records; it is loaded, and opens, when it is first wanted. */
export function Search() {
  useEffect(() => {
    open()
    return onSearch(open)
  }, [])
  const navigate = useNavigate()
  const objects = useObjects()
  const [query, setQuery] = useState('')
  const [wanted] = useDebouncedValue(query.trim(), 200)

  const found = useQuery({
    queryKey: ['search', wanted, objects.map(({ slug }) => slug)],
    enabled: wanted.length >= 2,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const automations = call(listAutomationsRoute, { query: { q: wanted, per_page: RESULTS } }, { signal })
      const records = objects.map(async (object) => {
        const { data } = await call(
          queryRecordsRoute,
          { query: { object_id: object.id, q: wanted, per_page: RESULTS } },
          { signal },
        )
        return { object, data }
      })
      return { automations: (await automations).data, records: await Promise.all(records) }
    },
  })

  const groups = useMemo<SpotlightActionGroupData[]>(() => {
    const go = (to: string) => () => void navigate({ to })
    const pages: SpotlightActionData[] = [
      {
        id: 'new',
        label: strings.searchBox.create,
        leftSection: <IconPlus {...ICON} />,
        onClick: go('/automations/new'),
      },
      {
        id: 'overview',
        label: strings.nav.overview,
        leftSection: <IconHeartbeat {...ICON} />,
        onClick: go('/overview'),
      },
      {
        id: 'automations',
        label: strings.nav.automations,
        leftSection: <IconArrowsSplit2 {...ICON} />,
        onClick: go('/automations'),
      },
      { id: 'runs', label: strings.nav.runs, leftSection: <IconHistory {...ICON} />, onClick: go('/runs') },
      {
        id: 'waiting',
        label: strings.nav.waiting,
        leftSection: <IconHistory {...ICON} />,
        onClick: go('/runs/waiting'),
      },
      {
        id: 'failures',
        label: strings.nav.failures,
        leftSection: <IconHistory {...ICON} />,
        onClick: go('/runs/failures'),
      },
      { id: 'templates', label: strings.nav.templates, leftSection: <IconMail {...ICON} />, onClick: go('/templates') },
      { id: 'outbox', label: strings.nav.outbox, leftSection: <IconSend {...ICON} />, onClick: go('/outbox') },
      {
        id: 'settings',
        label: strings.nav.settings,
        leftSection: <IconSettings {...ICON} />,
        onClick: go('/settings'),
      },
      ...objects.map((object) => ({
        id: object.id,
        label: object.name,
        leftSection: <ObjectIcon name={object.icon} size={18} />,
        onClick: go(`/objects/${object.slug}`),
      })),
    ]
    const low = query.trim().toLowerCase()
    const groups: SpotlightActionGroupData[] = [
      { group: strings.searchBox.pages, actions: pages.filter(({ label }) => label!.toLowerCase().includes(low)) },
    ]
    if (found.data !== undefined && low.length >= 2) {
      groups.push({
        group: strings.searchBox.automations,
        actions: found.data.automations.map(({ id, name }) => ({
          id,
          label: name,
          leftSection: <IconArrowsSplit2 {...ICON} />,
          onClick: go(`/automations/${id}`),
        })),
      })
      for (const { object, data } of found.data.records) {
        groups.push({
          group: object.name,
          actions: data.map((record) => ({
            id: record.id,
            label: recordTitle(record, object),
            leftSection: <ObjectIcon name={object.icon} size={18} />,
            onClick: go(`/records/${record.id}`),
          })),
        })
      }
    }
    return groups.filter(({ actions }) => actions.length > 0)
  }, [navigate, objects, query, found.data])

  return (
    <Spotlight
      store={store}
      actions={groups}
      query={query}
      onQueryChange={setQuery}
      filter={(_, actions) => actions}
      nothingFound={strings.searchBox.nothing}
      shortcut={null}
      highlightQuery
      centered={false}
      yOffset={96}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
      styles={{ content: { background: 'var(--k-raised)', border: '1px solid var(--k-border)' } }}
      classNames={{ action: classes.action, actionsGroup: classes.group }}
      attributes={{ content: { 'aria-label': strings.search } }}
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch {...ICON} />,
        placeholder: strings.searchBox.placeholder,
        'aria-label': strings.searchBox.placeholder,
        onFocus: () => {
          const typed = takeKeptKeys()
          if (typed !== '') setQuery((now) => now + typed)
        },
      }}
    />
  )
}
