import { useLocalStorage } from '@mantine/hooks'
import type { ObjectAnswer } from '@kantos/model'

const LONG_BY_DEFAULT: ReadonlySet<string> = new Set(['updated_at'])

/** Slugs of the columns that a person hid, kept in this browser; at first long texts are hidden. */
export function useHiddenColumns(object: ObjectAnswer): [ReadonlySet<string>, (hidden: ReadonlySet<string>) => void] {
  const first = [
    ...LONG_BY_DEFAULT,
    ...object.fields.filter(({ type }) => type === 'long_text').map(({ slug }) => slug),
  ]
  const [stored, store] = useLocalStorage<string[]>({
    key: `kantos.columns.${object.slug}`,
    defaultValue: first,
    getInitialValueInEffect: false,
  })
  return [new Set(stored), (hidden) => store([...hidden])]
}
