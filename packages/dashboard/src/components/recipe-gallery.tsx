import { Button, Text, Title } from '@mantine/core'
import { RECIPE_GROUPS, RECIPES } from '@kantos/model'
import { useNavigate } from '@tanstack/react-router'
import { useObjects } from '../lib/objects.ts'
import { useCan } from '../lib/session.ts'
import { triggerWords } from '../lib/trigger-words.ts'
import { useRecipe } from '../lib/use-recipe.ts'
import { automationStrings } from '../strings/automations.ts'
import classes from './recipe-gallery.module.css'

const words = automationStrings.recipes

/** All recipes, by group; using one makes its templates and the automation, turned off, and opens it. */
export function RecipeGallery() {
  const objects = useObjects()
  const editor = useCan('editor')
  const navigate = useNavigate()
  const use = useRecipe((id) => void navigate({ to: '/automations/$automationId', params: { automationId: id } }))

  return (
    <>
      {RECIPE_GROUPS.map((group) => (
        <section key={group} className={classes.group} aria-label={group}>
          <Title order={2} size="h3" className={classes.heading}>
            {group}
          </Title>
          <ul className={classes.grid}>
            {RECIPES.filter((recipe) => recipe.group === group).map((recipe) => (
              <li key={recipe.slug} className={classes.card}>
                <Text fw={500}>{recipe.name}</Text>
                <Text size="sm" c="dimmed" className={classes.text}>
                  {recipe.description}
                </Text>
                <Text size="xs" className={classes.trigger}>
                  {triggerWords(recipe.automation.trigger as TriggerOf, objects)}
                </Text>
                {editor && (
                  <Button
                    variant="default"
                    size="xs"
                    aria-label={`${words.use}: ${recipe.name}`}
                    loading={use.isPending && use.variables.slug === recipe.slug}
                    disabled={use.isPending && use.variables.slug !== recipe.slug}
                    onClick={() => use.mutate(recipe)}
                  >
                    {words.use}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

type TriggerOf = Parameters<typeof triggerWords>[0]
