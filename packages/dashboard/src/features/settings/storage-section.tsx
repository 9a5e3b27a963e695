import { readStorageRoute, type Storage } from '@kantos/model'
import { Anchor, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'
import { bytes, number } from '../../lib/time.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section, SectionTable } from './section.tsx'
import classes from './settings.module.css'

const words = settingsStrings.storage
const KINDS = Object.keys(words.kinds) as (keyof typeof words.kinds)[]

/** The size of the database, and what it will come to. Source: docs/health.md */
export default function StorageSection() {
  const found = useQuery({
    queryKey: keys.storage,
    queryFn: ({ signal }) => call(readStorageRoute, undefined, { signal }),
  })
  return (
    <Section title={settingsStrings.sections.storage} intro={words.intro} query={found}>
      {found.data !== undefined && <Figures storage={found.data} />}
    </Section>
  )
}

function Figures({ storage }: { storage: Storage }) {
  const { groups, per_day: perDay, bytes_each: each } = storage
  return (
    <Stack gap="xl">
      <dl className={classes['figures']}>
        <Figure label={words.total} value={storage.bytes} text={words.totalText} />
        <Figure label={words.perDay} value={storage.bytes_per_day} text={words.perDayText} />
        <Figure label={words.forecast} value={storage.forecast_bytes} text={words.forecastText} />
      </dl>
      <SectionTable columns={[words.what, words.size, words.rows]}>
        {groups.map(({ group, bytes: size, rows }) => (
          <Table.Tr key={group}>
            <Table.Td>{words.groups[group]}</Table.Td>
            <Table.Td className="numbers" data-label={words.size}>
              {bytes(size)}
            </Table.Td>
            <Table.Td className="numbers" data-label={words.rows}>
              {words.about(number(rows))}
            </Table.Td>
          </Table.Tr>
        ))}
      </SectionTable>
      <section>
        <Title order={3} mb="xs">
          {words.rate}
        </Title>
        <SectionTable columns={[words.what, words.aDay, words.each]}>
          {KINDS.map((kind) => (
            <Table.Tr key={kind}>
              <Table.Td>{words.kinds[kind]}</Table.Td>
              <Table.Td className="numbers" data-label={words.aDay}>
                {number(Math.round(perDay[kind]))}
              </Table.Td>
              <Table.Td className="numbers" data-label={words.each}>
                {each[kind] === null ? words.unknown : bytes(each[kind])}
              </Table.Td>
            </Table.Tr>
          ))}
        </SectionTable>
      </section>
      <Anchor component={Link} to="/settings/workspace" size="sm">
        {words.change}
      </Anchor>
    </Stack>
  )
}

function Figure({ label, value, text }: { label: string; value: number; text: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="numbers">{bytes(value)}</dd>
      <Text component="dd" size="xs" c="dimmed" m={0}>
        {text}
      </Text>
    </div>
  )
}
