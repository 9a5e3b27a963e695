import {
  IconAddressBook,
  IconBox,
  IconBriefcase,
  IconBuilding,
  IconCalendar,
  IconChecklist,
  IconFileInvoice,
  IconHeart,
  IconHome,
  IconPackage,
  IconPhone,
  IconShoppingCart,
  IconStar,
  IconTag,
  IconTicket,
  IconTruck,
  IconUserPlus,
  IconUsers,
} from '@tabler/icons-react'

/** The icons an object can have, by the name that is stored. */
export const OBJECT_ICONS = {
  'user-plus': IconUserPlus,
  'address-book': IconAddressBook,
  building: IconBuilding,
  briefcase: IconBriefcase,
  checklist: IconChecklist,
  box: IconBox,
  users: IconUsers,
  calendar: IconCalendar,
  'file-invoice': IconFileInvoice,
  package: IconPackage,
  phone: IconPhone,
  'shopping-cart': IconShoppingCart,
  star: IconStar,
  tag: IconTag,
  ticket: IconTicket,
  truck: IconTruck,
  home: IconHome,
  heart: IconHeart,
} as const

/** The icon of an object; a box when its name isn't one of ours. */
export function ObjectIcon({ name, size = 18 }: { name: string; size?: number }) {
  const Icon = Object.hasOwn(OBJECT_ICONS, name) ? OBJECT_ICONS[name as keyof typeof OBJECT_ICONS] : IconBox
  return <Icon size={size} stroke={1.6} style={{ flex: 'none' }} aria-hidden />
}
