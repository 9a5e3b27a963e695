import type { ActionType } from '@kantos/model'
import {
  IconArrowsSplit2,
  IconBolt,
  IconCalendarDue,
  IconCalendarTime,
  IconClockPause,
  IconDatabasePlus,
  IconDatabaseSearch,
  IconFilter,
  IconHandClick,
  IconMail,
  IconPencil,
  IconPlayerStop,
  IconPlugConnected,
  IconRepeat,
  IconTrash,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react'

export const ACTION_ICONS: Record<ActionType, TablerIcon> = {
  send_email: IconMail,
  update_record: IconPencil,
  create_record: IconDatabasePlus,
  webhook: IconWebhook,
  wait: IconClockPause,
  branch: IconArrowsSplit2,
  delete_record: IconTrash,
  find_records: IconDatabaseSearch,
  for_each: IconRepeat,
  stop: IconPlayerStop,
}

/** The icon of a trigger. */
export function triggerIcon(event: unknown): TablerIcon {
  if (event === 'schedule') return IconCalendarTime
  if (event === 'date.reached') return IconCalendarDue
  if (event === 'webhook.received') return IconPlugConnected
  return event === 'manual' ? IconHandClick : IconBolt
}

export const ConditionsIcon = IconFilter
