import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { Loading } from '../../components/states.tsx'
import { useCan } from '../../lib/session.ts'
import { automationStrings } from '../../strings/automations.ts'
import classes from './first-automation.module.css'

const RecipeGallery = lazy(() =>
  import('../../components/recipe-gallery.tsx').then((module) => ({ default: module.RecipeGallery })),
)
const words = automationStrings.first

/** What stands where no automation is yet: how it works, and the recipes. */
export function FirstAutomation() {
  const editor = useCan('editor')
  return (
    <div className={classes.page}>
      <Stack gap="xs" maw={620} mb="lg">
        <Title order={2} size="h1">
          {words.title}
        </Title>
        <Text c="dimmed">{words.text}</Text>
        {editor && (
          <Group>
            <Button variant="default" component={Link} to="/automations/new">
              {words.blank}
            </Button>
          </Group>
        )}
      </Stack>
      <Suspense fallback={<Loading />}>
        <RecipeGallery />
      </Suspense>
    </div>
  )
}
