import { SegmentedControl } from '@mantine/core'
import { strings } from '../../../strings/builder.ts'

interface TryTabsProps {
  value: 'try' | 'look'
  onChange(value: 'try' | 'look'): void
}

/** One record now, or all events of the last days. */
export function TryTabs({ value, onChange }: TryTabsProps) {
  return (
    <SegmentedControl
      aria-label={strings.lookBack.tabs}
      fullWidth
      value={value}
      onChange={(next) => onChange(next as TryTabsProps['value'])}
      data={[
        { value: 'try', label: strings.try.title },
        { value: 'look', label: strings.lookBack.title },
      ]}
    />
  )
}
