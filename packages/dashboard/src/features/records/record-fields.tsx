import { Group, Text, Title, UnstyledButton } from '@mantine/core'
import type { FieldAnswer, ObjectAnswer, RecordAnswer } from '@kantos/model'
import { useEffect, useRef, useState } from 'react'
import { Copy } from '../../components/copy.tsx'
import { FieldValue } from '../../components/field-value.tsx'
import { Time } from '../../components/time.tsx'
import { actorWords, useUsers } from '../../lib/users.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { LazyCellEditor } from './lazy-cell-editor.tsx'
import classes from './record-page.module.css'
import { useUpdateRecord } from './use-record-changes.ts'

interface RecordFieldsProps {
  record: RecordAnswer
  object: ObjectAnswer
  editable: boolean
}

/** All fields of a record; a click on a value edits it. */
export function RecordFields({ record, object, editable }: RecordFieldsProps) {
  const users = useUsers()
  const update = useUpdateRecord(object)
  const [editing, setEditing] = useState<string | null>(null)
  const section = useRef<HTMLElement>(null)
  const left = useRef<string | null>(null)
  // the focus is back on the value that was edited, unless it went elsewhere
  useEffect(() => {
    const before = left.current
    left.current = editing
    if (editing !== null || before === null || document.activeElement !== document.body) return
    section.current?.querySelector<HTMLElement>(`[data-field="${before}"] button`)?.focus()
  }, [editing])
  return (
    <section ref={section} className={classes.fields} aria-label={words.page.fields}>
      <Title order={2} className={classes.heading}>
        {words.page.fields}
      </Title>
      {object.fields.map((field) => (
        <div key={field.slug} className={classes.field}>
          <div className={classes.label}>
            {field.name}
            {field.required && <span aria-hidden="true"> *</span>}
          </div>
          <div className={classes.value} data-field={field.slug}>
            {editing === field.slug ? (
              <LazyCellEditor
                field={field}
                value={record.field_values[field.slug]}
                onDone={(change) => {
                  setEditing(null)
                  if (change !== undefined) update.mutate({ record, values: { [field.slug]: change.value } })
                }}
              />
            ) : (
              <Value
                field={field}
                value={record.field_values[field.slug]}
                onEdit={editable ? () => setEditing(field.slug) : undefined}
              />
            )}
          </div>
        </div>
      ))}
      <div className={classes.facts}>
        <Text size="xs" c="dimmed">
          {words.page.created} <Time iso={record.created_at} as="full" /> {words.page.by}{' '}
          {actorWords(record.created_by, users)}
        </Text>
        <Text size="xs" c="dimmed">
          {words.page.updated} <Time iso={record.updated_at} as="full" />
        </Text>
        <Group gap={4} wrap="nowrap">
          <Text size="xs" c="dimmed" ff="monospace" truncate>
            {record.id}
          </Text>
          <Copy value={record.id} label={words.page.id} />
        </Group>
      </div>
    </section>
  )
}

function Value({ field, value, onEdit }: { field: FieldAnswer; value: unknown; onEdit: (() => void) | undefined }) {
  const empty = value === null || value === undefined || (Array.isArray(value) && value.length === 0)
  const shown = empty ? (
    <span className={classes.empty}>{words.input.empty}</span>
  ) : (
    <FieldValue field={field} value={value} links={onEdit === undefined} />
  )
  if (onEdit === undefined) return <div className={classes.show}>{shown}</div>
  return (
    <UnstyledButton className={classes.show} onClick={onEdit} title={words.edit(field.name)}>
      <span className="visually-hidden">{words.edit(field.name)}: </span>
      {shown}
    </UnstyledButton>
  )
}
