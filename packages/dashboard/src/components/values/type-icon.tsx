import type { FieldType } from '@kantos/model'
import {
  IconAlignLeft,
  IconAt,
  IconCalendar,
  IconCalendarClock,
  IconCircleDot,
  IconCoin,
  IconHash,
  IconLetterCase,
  IconLink,
  IconList,
  IconListCheck,
  IconPhone,
  IconToggleLeft,
  IconUser,
  IconVariable,
  IconWorld,
  type TablerIcon,
} from '@tabler/icons-react'

const ICONS: Record<FieldType | 'any', TablerIcon> = {
  text: IconLetterCase,
  long_text: IconAlignLeft,
  number: IconHash,
  currency: IconCoin,
  boolean: IconToggleLeft,
  email: IconAt,
  phone: IconPhone,
  url: IconWorld,
  date: IconCalendar,
  datetime: IconCalendarClock,
  dropdown: IconList,
  multi_select: IconListCheck,
  status: IconCircleDot,
  reference: IconLink,
  user: IconUser,
  any: IconVariable,
}

/** The icon of a field's type. */
export function TypeIcon({ type }: { type: FieldType | 'any' }) {
  const Icon = ICONS[type]
  return <Icon size={15} stroke={1.6} color="var(--k-dimmed)" aria-hidden style={{ flex: 'none' }} />
}
