import { ACTION_TYPES, ACTIONS, type ActionType } from '@kantos/model'
import { Modal, Text, TextInput } from '@mantine/core'
import { IconClipboard, IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useState } from 'react'
import { ACTION_ICONS } from '../../components/flow/icons.tsx'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import { actionHints } from '../../strings/flow.ts'
import classes from './insert-menu.module.css'

interface InsertMenuProps {
  opened: boolean
  onClose(): void
  onChoose(type: ActionType): void
  onPaste(): void
  clipboard: number
}

/** The steps there are, to be searched and chosen with the keyboard or the mouse. */
export function InsertMenu({ opened, onClose, ...rest }: InsertMenuProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': common.close }}
      title={strings.insert.title}
      size="md"
      yOffset="12vh"
      centered={false}
      returnFocus={false}
    >
      {opened ? <Choices {...rest} /> : null}
    </Modal>
  )
}

/** "E-mail" finds "Send Email". */
const plain = (text: string): string => text.toLowerCase().replaceAll('-', '')

function Choices({ onChoose, onPaste, clipboard }: Omit<InsertMenuProps, 'opened' | 'onClose'>) {
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const wanted = plain(query.trim())
  const found = ACTION_TYPES.filter((type) =>
    plain(`${ACTIONS[type].label} ${actionHints[type]} ${type}`).includes(wanted),
  )
  const at = Math.min(active, Math.max(0, found.length - 1))
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const by = event.key === 'ArrowDown' ? 1 : -1
      setActive((at + by + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter' && found[at] !== undefined) {
      event.preventDefault()
      onChoose(found[at])
    }
  }
  return (
    <>
      <TextInput
        data-autofocus
        aria-label={strings.insert.search}
        placeholder={strings.insert.search}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
        role="combobox"
        aria-expanded
        aria-controls="insert-choices"
        aria-activedescendant={found[at] === undefined ? undefined : `insert-${found[at]}`}
      />
      <div id="insert-choices" role="listbox" aria-label={strings.insert.title} className={classes['choices']}>
        {found.map((type, index) => {
          const Icon = ACTION_ICONS[type]
          return (
            <div
              key={type}
              id={`insert-${type}`}
              role="option"
              aria-selected={index === at}
              tabIndex={-1}
              className={classes['choice']}
              onMouseEnter={() => setActive(index)}
              onClick={() => onChoose(type)}
              onKeyDown={(event) => event.key === 'Enter' && onChoose(type)}
            >
              <span className={classes['choiceIcon']}>
                <Icon size={18} stroke={1.6} aria-hidden />
              </span>
              <span>
                <Text size="sm" fw={500} component="span" display="block">
                  {ACTIONS[type].label}
                </Text>
                <Text size="xs" c="dimmed" component="span">
                  {actionHints[type]}
                </Text>
              </span>
            </div>
          )
        })}
      </div>
      {found.length === 0 ? (
        <Text size="sm" c="dimmed" ta="center" py="md">
          {strings.insert.nothing}
        </Text>
      ) : null}
      {clipboard === 0 ? null : (
        <button type="button" className={classes['paste']} onClick={onPaste}>
          <IconClipboard size={16} aria-hidden />
          {strings.insert.paste(clipboard)}
        </button>
      )}
    </>
  )
}
