import { ApiError } from '@kantos/model'
import { onlineManager } from '@tanstack/react-query'
import { afterEach, expect, test } from 'vitest'
import { queryClient } from './query-client.ts'

afterEach(() => onlineManager.setOnline(true))

test('without a connection a save fails at once and doesn’t wait for one', async () => {
  onlineManager.setOnline(false)
  const away = new ApiError('UNAVAILABLE', 'The server can’t be reached.')
  const save = queryClient.getMutationCache().build(queryClient, { mutationFn: () => Promise.reject(away) })
  await expect(save.execute(undefined)).rejects.toBe(away)
})
