import { RUN_STATUSES } from '@kantos/model'
import { Button, MultiSelect, Pill, Popover, Select, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconFilter } from '@tabler/icons-react'
import { strings } from '../../strings/runs.ts'
import { AutomationSelect } from './automation-select.tsx'
import { countOf, type RunSearch } from './filter.ts'
import { RecordFilter } from './record-filter.tsx'
import classes from './runs.module.css'

const words = strings.filters

interface RunFiltersProps {
  search: RunSearch
  onChange(search: RunSearch): void
}

/** Which runs are listed: in a row, or, where there is no room for one, behind a button that says how many are set. */
export default function RunFilters({ search, onChange }: RunFiltersProps) {
  const isNarrow = useMediaQuery('(max-width: 75em)', false, { getInitialValueInEffect: false })
  const count = countOf(search)
  const clear =
    count === 0 ? null : (
      <Button variant="subtle" color="gray" onClick={() => onChange({})}>
        {words.clear}
      </Button>
    )
  if (!isNarrow) {
    return (
      <>
        <Inputs search={search} onChange={onChange} />
        {clear}
      </>
    )
  }
  return (
    <>
      <Popover width={304} position="bottom-start" trapFocus shadow="md">
        <Popover.Target>
          <Button variant="default" leftSection={<IconFilter size={16} aria-hidden />}>
            {words.button(count)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={classes['filterColumn']}>
          <Inputs search={search} onChange={onChange} inColumn />
        </Popover.Dropdown>
      </Popover>
      {clear}
    </>
  )
}

function Inputs({ search, onChange, inColumn = false }: RunFiltersProps & { inColumn?: boolean }) {
  const width = (px: number) => (inColumn ? '100%' : px)
  const set = (part: Partial<RunSearch>): void => onChange({ ...search, ...part })
  const inside = { comboboxProps: { withinPortal: false } }
  return (
    <>
      <MultiSelect
        {...inside}
        aria-label={words.status}
        placeholder={search.status === undefined ? words.anyStatus : undefined}
        data={RUN_STATUSES.map((value) => ({ value, label: strings.status[value] }))}
        value={search.status?.split(',') ?? []}
        onChange={(values) => set({ status: values.length === 0 ? undefined : values.join(',') })}
        w={width(220)}
        clearable
      />
      <AutomationSelect
        {...inside}
        w={width(220)}
        value={search.automation ?? null}
        onChange={(automation) => set({ automation: automation ?? undefined })}
      />
      <RecordFilter
        w={width(180)}
        value={search.record ?? null}
        onChange={(record) => set({ record: record ?? undefined })}
      />
      <Select
        {...inside}
        aria-label={words.mode}
        placeholder={words.anyMode}
        data={[
          { value: 'live', label: strings.mode.live },
          { value: 'test', label: strings.mode.test },
        ]}
        value={search.mode ?? null}
        onChange={(mode) => set({ mode: (mode as RunSearch['mode']) ?? undefined })}
        w={width(140)}
        clearable
      />
      <Select
        {...inside}
        aria-label={words.time}
        data={Object.entries(words.times).map(([value, label]) => ({ value, label }))}
        value={search.time ?? 'any'}
        onChange={(time) =>
          onChange({
            ...search,
            time: time === 'any' ? undefined : (time as RunSearch['time']),
            from: undefined,
            to: undefined,
          })
        }
        allowDeselect={false}
        w={width(140)}
      />
      {search.time === 'own' ? (
        <>
          <TextInput
            type="date"
            aria-label={words.from}
            value={search.from ?? ''}
            onChange={(event) => set({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            aria-label={words.to}
            value={search.to ?? ''}
            onChange={(event) => set({ to: event.currentTarget.value || undefined })}
          />
        </>
      ) : null}
      {search.chain === undefined ? null : (
        <Only name={words.chain} clear={words.clearChain} onClear={() => set({ chain: undefined })} />
      )}
      {search.cause === undefined ? null : (
        <Only name={words.cause} clear={words.clearCause} onClear={() => set({ cause: undefined })} />
      )}
      {search.unretried === undefined ? null : (
        <Only name={words.unretried} clear={words.clearUnretried} onClear={() => set({ unretried: undefined })} />
      )}
    </>
  )
}

/** A filter that a link has set, and that can only be taken away. */
function Only({ name, clear, onClear }: { name: string; clear: string; onClear(): void }) {
  return (
    <Pill
      withRemoveButton
      onRemove={onClear}
      removeButtonProps={{ 'aria-label': clear, 'aria-hidden': false, tabIndex: 0 }}
    >
      {name}
    </Pill>
  )
}
