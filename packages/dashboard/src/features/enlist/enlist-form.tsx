import { type AutomationAnswer, enlistRoute, type ObjectAnswer } from '@kantos/model'
import { Anchor, Button, Group, NumberInput, Radio, Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { FilterLines, firstRow } from '../../components/record-filter/filter-lines.tsx'
import { type FilterRow, filtersOf } from '../../components/record-filter/rules.ts'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { shownFields } from '../../lib/fields.ts'
import { notifyDone } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { duration } from '../../lib/time.ts'
import { enlistStrings as words } from '../../strings/enlist.ts'
import { recordStrings } from '../../strings/records.ts'
import { type Filters, previewQuery } from './api.ts'

const SETTLES_MS = 400
const MINUTE_MS = 60_000

/** Asks which records, and how fast; says how many they are before it begins. */
export function EnlistForm({ automation, object }: { automation: AutomationAnswer; object: ObjectAnswer }) {
  const { id, mode } = automation
  const fields = shownFields(object)
  const [rows, setRows] = useState<FilterRow[]>([])
  const [pace, setPace] = useState<'fast' | 'slow'>('fast')
  const [perMinute, setPerMinute] = useState<number | string>(60)
  const [most, setMost] = useState<number | string>('')
  const text = filtersOf(rows) ?? '{}'
  const [settled] = useDebouncedValue(text, SETTLES_MS)
  const preview = useQuery(previewQuery(id, JSON.parse(settled) as Filters))
  const isCurrent = settled === text && !preview.isPlaceholderData && preview.isSuccess
  const matching = preview.data?.count ?? 0
  const limit = most === '' ? Infinity : Number(most)
  const count = Math.min(matching, limit)
  const capped = preview.data?.count_capped === true && limit > matching
  const isSlow = pace === 'slow' && Number(perMinute) > 0
  const start = useMutation({
    mutationFn: () =>
      call(enlistRoute, {
        params: { id },
        body: {
          filters: JSON.parse(text) as Filters,
          ...(most === '' ? {} : { max: Number(most) }),
          ...(isSlow ? { per_minute: Number(perMinute) } : {}),
        },
      }),
    onSuccess: () => notifyDone(words.started),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.enlistments(id) }),
  })
  const ask = async (): Promise<void> => {
    const sure = await confirm({
      title: words.sureTitle(count, capped),
      text: mode === 'test' ? words.testText : words.sureText,
      confirm: words.sure,
      danger: false,
    })
    if (sure) start.mutate()
  }
  return (
    <Stack gap="xl">
      <section>
        <Title order={2} mb="xs">
          {words.which}
        </Title>
        <Stack gap="xs">
          {rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              {words.all}
            </Text>
          ) : (
            <FilterLines rows={rows} fields={fields} onChange={setRows} />
          )}
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => setRows([...rows, firstRow(fields)])}
            >
              {recordStrings.filter.add}
            </Button>
          </div>
          <div role="status">
            {preview.data === undefined ? (
              preview.isError ? null : (
                <Text size="sm">{words.counting}</Text>
              )
            ) : (
              <Text size="sm" fw={500}>
                {words.matches(preview.data.count, preview.data.count_capped === true)}
                {preview.data.already_enrolled === 0 ? '.' : `. ${words.enrolled(preview.data.already_enrolled)}.`}
              </Text>
            )}
          </div>
          {preview.data === undefined || preview.data.sample.length === 0 ? null : (
            <Text size="sm" c="dimmed">
              {words.sample}{' '}
              {preview.data.sample.map((record, index) => (
                <span key={record.id}>
                  {index === 0 ? '' : ', '}
                  <Anchor component={Link} to={`/records/${record.id}` as never} size="sm" underline="always">
                    {recordTitle(record, object)}
                  </Anchor>
                </span>
              ))}
            </Text>
          )}
          <ErrorNote error={preview.error} onRetry={() => void preview.refetch()} />
        </Stack>
      </section>
      <section>
        <Title order={2} mb="xs">
          {words.how}
        </Title>
        <Stack gap="sm" align="flex-start">
          <Radio.Group aria-label={words.pace} value={pace} onChange={(value) => setPace(value as 'fast' | 'slow')}>
            <Stack gap="xs">
              <Radio value="fast" label={words.fast} />
              <Radio value="slow" label={words.slow} />
            </Stack>
          </Radio.Group>
          {pace === 'slow' ? (
            <NumberInput
              label={words.perMinute}
              min={1}
              max={1_000_000}
              allowDecimal={false}
              thousandSeparator=","
              hideControls
              value={perMinute}
              onChange={setPerMinute}
              description={
                isSlow && count > Number(perMinute)
                  ? words.takes(duration((count / Number(perMinute)) * MINUTE_MS))
                  : undefined
              }
            />
          ) : null}
          <NumberInput
            label={words.most}
            description={words.mostHint}
            min={1}
            max={10_000_000}
            allowDecimal={false}
            thousandSeparator=","
            hideControls
            value={most}
            onChange={setMost}
          />
        </Stack>
      </section>
      <ErrorNote error={start.error} />
      <Group>
        <Button loading={start.isPending} disabled={!isCurrent || count === 0} onClick={() => void ask()}>
          {preview.data === undefined ? words.submitUnknown : words.submit(count, capped)}
        </Button>
      </Group>
    </Stack>
  )
}
