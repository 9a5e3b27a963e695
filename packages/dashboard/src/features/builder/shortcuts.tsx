import { Kbd, Modal } from '@mantine/core'
import { strings } from '../../strings/builder.ts'
import { strings as common } from '../../strings/common.ts'
import classes from './shortcuts.module.css'

/** What can be done with the keyboard. */
export function Shortcuts({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': common.close }}
      title={strings.keys.title}
    >
      <dl className={classes['keys']}>
        {strings.keys.list.map(([keys, words]) => (
          <div key={keys}>
            <dt>
              {keys.split(' / ').map((one) => (
                <Kbd key={one}>{one}</Kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
