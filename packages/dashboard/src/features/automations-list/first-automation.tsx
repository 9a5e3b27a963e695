import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { RecipeGallery } from '../../components/recipe-gallery.tsx'
import { useCan } from '../../lib/session.ts'
import { automationStrings } from '../../strings/automations.ts'
import classes from './first-automation.module.css'

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
      <RecipeGallery />
    </div>
  )
}
