import { ActionIcon, Button, Stack } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useEditor } from '../components/editor/context.tsx'
import { useFocusAdded } from '../components/editor/use-focus-added.ts'
import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'

interface AddressListProps {
  label: string
  /** one address, or a list */
  value: unknown
  onChange(value: string | string[] | undefined): void
  path: string
  required?: boolean
}

/** One address or several, each with placeholders. One alone stays a text. */
export function AddressList({ label, value, onChange, path, required }: AddressListProps) {
  const { readOnly } = useEditor()
  const [lines, added] = useFocusAdded()
  const list = Array.isArray(value) ? value.map(String) : [typeof value === 'string' ? value : '']
  const set = (next: string[]): void => onChange(next.length > 1 ? next : next[0] === '' ? undefined : next[0])
  return (
    <Stack gap={6} ref={lines}>
      {list.map((address, index) => (
        <TemplateField
          key={index}
          label={index === 0 ? label : `${label} ${index + 1}`}
          hideLabel={index > 0}
          value={address}
          onChange={(text) => set(list.map((one, at) => (at === index ? text : one)))}
          path={Array.isArray(value) ? `${path}/${index}` : path}
          placeholder={index === 0 ? strings.email.toPlaceholder : undefined}
          required={required === true && index === 0}
          right={
            list.length > 1 && !readOnly ? (
              <ActionIcon
                size="sm"
                aria-label={`${strings.email.removeAddress} ${index + 1}`}
                onClick={() => set(list.filter((_, at) => at !== index))}
              >
                <IconX size={15} aria-hidden />
              </ActionIcon>
            ) : undefined
          }
        />
      ))}
      {readOnly || (list.length === 1 && list[0] === '') ? null : (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          w="fit-content"
          leftSection={<IconPlus size={13} aria-hidden />}
          onClick={() => {
            added()
            onChange([...list, ''])
          }}
        >
          {strings.email.addAddress}
        </Button>
      )}
    </Stack>
  )
}
