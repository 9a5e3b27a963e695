import { ApiError } from '@kantos/model'
import { Button, Center, Group, List, Loader, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { belowTitle, errorWords } from '../lib/error-words.ts'
import { strings } from '../strings/common.ts'
import { Notice } from './notice.tsx'
import classes from './states.module.css'

/** A page or part that is on its way. */
export function Loading() {
  return (
    <Center mih={240} role="status" aria-label={strings.loading}>
      <Loader />
    </Center>
  )
}

/** The rows of a list that is on its way. */
export function LoadingRows({ rows = 8, height = 20 }: { rows?: number; height?: number }) {
  return (
    <Stack gap="md" p="md" role="status" aria-label={strings.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={height} radius="sm" width={`${92 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}

interface EmptyStateProps {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** What stands where there is nothing yet: what would be here, and how it comes. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <Center className={classes.empty}>
      <Stack gap="xs" align="center" ta="center" maw={420}>
        {icon !== undefined && <div className={classes.icon}>{icon}</div>}
        <Title order={2} size="h3">
          {title}
        </Title>
        {children !== undefined && (
          <Text c="dimmed" size="sm">
            {children}
          </Text>
        )}
        {action !== undefined && <Group mt="xs">{action}</Group>}
      </Stack>
    </Center>
  )
}

interface ErrorStateProps {
  error: unknown
  /** asks again; not offered for what isn't there */
  onRetry?: () => void
  /** where to go on when what the page is about doesn't exist */
  back?: { to: LinkProps['to']; label: string }
}

/** An error in words, where its contents would stand. */
export function ErrorState({ error, onRetry, back }: ErrorStateProps) {
  const { title, message } = errorWords(error)
  const gone = error instanceof ApiError && error.code === 'NOT_FOUND'
  return (
    <Center className={classes.empty}>
      <Stack gap="xs" align="center" ta="center" maw={420} role="alert">
        <div className={classes.icon}>
          <IconAlertTriangle size={22} stroke={1.6} color="var(--k-bad)" />
        </div>
        <Title order={2} size="h3">
          {title}
        </Title>
        <Text c="dimmed" size="sm">
          {gone ? strings.maybeDeleted(message) : belowTitle({ title, message })}
        </Text>
        {gone && back !== undefined && (
          <Button variant="default" component={Link} to={back.to} mt="xs">
            {back.label}
          </Button>
        )}
        {!gone && onRetry !== undefined && (
          <Button variant="default" onClick={onRetry} mt="xs">
            {strings.retry}
          </Button>
        )}
      </Stack>
    </Center>
  )
}

interface ErrorNoteProps {
  error: unknown
  /** reads again what couldn't be read; a form has a button of its own */
  onRetry?: (() => unknown) | undefined
}

/** An error beside the form or the part of a page that it belongs to, with its problems. */
export function ErrorNote({ error, onRetry }: ErrorNoteProps) {
  if (error === null || error === undefined) return null
  const { message, problems } = errorWords(error)
  const others = problems.filter((problem) => problem.message !== message)
  return (
    <Notice tone="bad" role="alert">
      <Text size="sm">{message}</Text>
      {others.length > 0 && (
        <List size="sm" mt={4}>
          {others.slice(0, 10).map((problem) => (
            <List.Item key={`${problem.path} ${problem.message}`}>{problem.message}</List.Item>
          ))}
        </List>
      )}
      {onRetry !== undefined && (
        <Button variant="default" size="xs" mt="xs" onClick={() => void onRetry()}>
          {strings.retry}
        </Button>
      )}
    </Notice>
  )
}
