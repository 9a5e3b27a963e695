/**
 * Waits for statements of one transaction that went out together. Unlike `Promise.all`, it throws only when all of them
 * have ended: one that was sent after the rollback would be committed by itself.
 *
 * @returns their results, in order
 * @throws the failure that came first; what it brought upon the others is of no interest
 */
export async function together<T extends readonly unknown[] | []>(
  statements: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const failures: unknown[] = []
  const results = await Promise.all(
    statements.map((statement) => Promise.resolve(statement).catch((error: unknown) => void failures.push(error))),
  )
  if (failures.length > 0) throw failures[0]
  return results as { -readonly [K in keyof T]: Awaited<T[K]> }
}
