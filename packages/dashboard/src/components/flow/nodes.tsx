import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { IconAlertTriangleFilled, IconPlus, type TablerIcon } from '@tabler/icons-react'
import { memo } from 'react'
import { strings } from '../../strings/flow.ts'
import classes from './flow.module.css'
import { useIsReachable, useIsSelected } from './selection.tsx'
import type { Slot } from './structure.ts'

export type OutcomeTone = 'good' | 'bad' | 'warn' | 'info' | 'quiet'

/** What became of a part, on the flow of a run. */
export interface NodeOutcome {
  tone: OutcomeTone
  label: string
  /** "1.2 s", "3 times" */
  detail?: string
  /** the run came no further than this */
  isLast?: true
}

export type CardData = {
  title: string
  subtitle: string
  Icon: TablerIcon
  problems: number
  warnings: number
  outcome: NodeOutcome | null
  faded: boolean
  draggable: boolean
}
export type ArmData = Pick<CardData, 'title' | 'problems' | 'outcome' | 'faded'>
export type InsertData = { slot: Slot; label: string; isFirst: boolean; target: boolean; open: boolean }
export type CardNode = Node<CardData, 'card'>
export type ArmNode = Node<ArmData, 'arm'>
export type InsertNode = Node<InsertData, 'insert'>
export type PlainNode = Node<{ label: string }, 'join' | 'end' | 'frame'>
export type AnyNode = CardNode | ArmNode | InsertNode | PlainNode

const Ends = () => (
  <>
    <Handle type="target" position={Position.Top} isConnectable={false} className={classes['handle']} />
    <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes['handle']} />
  </>
)

const state = (selected: boolean, data: { faded: boolean; problems: number }) => ({
  'data-selected': selected || undefined,
  'data-faded': data.faded || undefined,
  'data-problem': data.problems > 0 || undefined,
})

function Mark({ problems, warnings }: { problems: number; warnings: number }) {
  if (problems === 0 && warnings === 0) return null
  const label = strings.problems(problems + warnings)
  return (
    <span className={classes['mark']} data-tone={problems > 0 ? 'bad' : 'warn'} title={label}>
      <IconAlertTriangleFilled size={14} aria-hidden />
      <span className="visually-hidden">{label}</span>
    </span>
  )
}

function Outcome({ outcome }: { outcome: NodeOutcome | null }) {
  if (outcome === null) return null
  return (
    <span className={classes['outcome']} data-tone={outcome.tone}>
      <span className={classes['dot']} aria-hidden />
      {outcome.label}
      {outcome.detail === undefined ? null : <span className={classes['detail']}>{outcome.detail}</span>}
    </span>
  )
}

/** The trigger, the conditions or a step. */
export const Card = memo(function Card({ id, data }: NodeProps<CardNode>) {
  const { Icon } = data
  const selected = useIsSelected(id)
  const reachable = useIsReachable(id)
  return (
    <div className={classes['card']} {...state(selected, data)} data-draggable={data.draggable || undefined}>
      <Ends />
      <button
        type="button"
        className={classes['main']}
        data-node={id}
        tabIndex={reachable ? 0 : -1}
        aria-current={selected ? 'true' : undefined}
      >
        <span className={classes['icon']}>
          <Icon size={18} stroke={1.6} aria-hidden />
        </span>
        <span className={classes['words']}>
          <span className={classes['title']}>
            <span className="truncate">{data.title}</span>
          </span>
          <span className={classes['subtitle']} title={data.subtitle}>
            {data.subtitle}
          </span>
        </span>
        <Mark problems={data.problems} warnings={data.warnings} />
      </button>
      <Outcome outcome={data.outcome} />
    </div>
  )
})

/** The heading of one way of a branch. */
export const Arm = memo(function Arm({ id, data }: NodeProps<ArmNode>) {
  const selected = useIsSelected(id)
  const reachable = useIsReachable(id)
  return (
    <div className={classes['arm']} {...state(selected, data)}>
      <Ends />
      <button
        type="button"
        className={classes['main']}
        data-node={id}
        tabIndex={reachable ? 0 : -1}
        aria-current={selected ? 'true' : undefined}
        title={data.title}
      >
        <span className={classes['armWords']}>{data.title}</span>
        <Mark problems={data.problems} warnings={0} />
      </button>
      <Outcome outcome={data.outcome} />
    </div>
  )
})

/** Where a step can be put in. */
export const Insert = memo(function Insert({ id, data }: NodeProps<InsertNode>) {
  return (
    <button
      type="button"
      className={`${classes['insert']} nodrag nopan`}
      data-insert={id}
      data-first={data.isFirst || undefined}
      data-target={data.target || undefined}
      data-open={data.open || undefined}
      tabIndex={-1}
      aria-label={data.label}
      title={data.label}
    >
      <IconPlus size={14} stroke={2} aria-hidden />
      {data.isFirst ? data.label : null}
    </button>
  )
})

export const Join = () => (
  <div className={classes['join']}>
    <Ends />
  </div>
)

export const End = memo(function End({ data }: NodeProps<PlainNode>) {
  return (
    <div className={classes['end']}>
      <Ends />
      {data.label}
    </div>
  )
})

export const Frame = memo(function Frame({ data }: NodeProps<PlainNode>) {
  return (
    <div className={classes['frame']}>
      <span className={classes['frameLabel']}>{data.label}</span>
    </div>
  )
})

export const nodeTypes = { card: Card, arm: Arm, insert: Insert, join: Join, end: End, frame: Frame }
