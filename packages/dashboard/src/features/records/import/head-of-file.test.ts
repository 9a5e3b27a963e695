import { expect, test } from 'vitest'
import { headOfFile } from './head-of-file.ts'

const head = async (text: string, size: number) => {
  const { part, times } = await headOfFile(new Blob([text]), size)
  return [await part.text(), times]
}

test('a short file is shown as it is', async () => {
  expect(await head('name\nAda\n', 100)).toEqual(['name\nAda\n', 1])
})
test('of a long one only whole rows are shown, and how much more there is', async () => {
  expect(await head('name\nAda\nBen\nEve\n', 11)).toEqual(['name\nAda\n', 17 / 9])
})
test('a line end within quotes ends no row', async () => {
  expect(await head('name\n"Ada\nKing"\nBen\n', 12)).toEqual(['name\n', 4])
})
test('a file without line ends is cut where it is', async () => {
  expect(await head('x'.repeat(40), 10)).toEqual(['x'.repeat(10), 4])
})
