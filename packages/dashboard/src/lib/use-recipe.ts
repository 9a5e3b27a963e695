import {
  createAutomationRoute,
  createEmailTemplateRoute,
  listEmailTemplatesRoute,
  type Recipe,
  recipeFor,
} from '@kantos/model'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { automationStrings } from '../strings/automations.ts'
import { call } from './client.ts'
import { notifyDone, notifyError } from './notify.ts'
import { keys } from './query-keys.ts'
import { useSession } from './session.ts'

/**
 * Uses a recipe: makes the e-mail templates that aren't there yet, then the automation, turned off. Internal messages go to who uses it.
 *
 * @param onMade gets the new automation's id
 */
export function useRecipe(onMade: (id: string) => void) {
  const { email } = useSession()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (recipe: Recipe) => {
      for (const template of recipe.templates) {
        const { data } = await call(listEmailTemplatesRoute, { query: { q: template.name, per_page: 100 } })
        if (!data.some(({ name }) => name === template.name)) await call(createEmailTemplateRoute, { body: template })
      }
      return call(createAutomationRoute, { body: recipeFor(recipe, email) })
    },
    onSuccess: ({ id, name }) => {
      void queryClient.invalidateQueries({ queryKey: keys.automations() })
      void queryClient.invalidateQueries({ queryKey: keys.templates() })
      notifyDone(automationStrings.recipes.made(name))
      onMade(id)
    },
    onError: notifyError,
  })
}
