import { ActionIcon } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Page } from '../../components/page.tsx'
import { RecipeGallery } from '../../components/recipe-gallery.tsx'
import { automationStrings } from '../../strings/automations.ts'
import classes from './recipes-page.module.css'

const words = automationStrings.recipes

/** Automations to start from. */
export function RecipesPage() {
  const back = (
    <ActionIcon component={Link} to="/automations" aria-label={words.back}>
      <IconArrowLeft size={18} />
    </ActionIcon>
  )
  return (
    <Page title={words.title} lead={back}>
      <div className={classes.page}>
        <RecipeGallery />
      </div>
    </Page>
  )
}
