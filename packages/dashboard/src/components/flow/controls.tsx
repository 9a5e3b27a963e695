import { ActionIcon } from '@mantine/core'
import { IconFocusCentered, IconMinus, IconPlus } from '@tabler/icons-react'
import { useReactFlow } from '@xyflow/react'
import { strings } from '../../strings/flow.ts'
import classes from './flow.module.css'

/** Zoom and fit, in the corner of a flow. */
export function FlowControls({ onHome }: { onHome(): void }) {
  const flow = useReactFlow()
  return (
    <div className={classes['controls']}>
      <ActionIcon.Group>
        <ActionIcon
          variant="default"
          size="md"
          aria-label={strings.zoomOut}
          onClick={() => void flow.zoomOut({ duration: 150 })}
        >
          <IconMinus size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" size="md" aria-label={strings.fit} title={strings.fit} onClick={onHome}>
          <IconFocusCentered size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size="md"
          aria-label={strings.zoomIn}
          onClick={() => void flow.zoomIn({ duration: 150 })}
        >
          <IconPlus size={16} aria-hidden />
        </ActionIcon>
      </ActionIcon.Group>
    </div>
  )
}
