// A file that arrives piece by piece: one that is as large as its limit is taken whole, and one
// that is a byte larger is not.

import { expect, it } from 'vitest'
import { limited } from '../../../switch/admin/upload.ts'
import { inChunks } from '../../voucher-store/temporary-store.ts'

async function taken(bytes: number): Promise<number> {
  let all = 0
  const file = inChunks(Buffer.alloc(bytes), 7)
  for await (const chunk of limited(file, 100)) all += chunk.byteLength
  return all
}

it('a file may be as large as its limit, and no byte larger', async () => {
  expect(await taken(100)).toBe(100)
  await expect(taken(101)).rejects.toMatchObject({
    ...{ code: 'TOO_LARGE', message: 'the file is larger than 100 bytes' },
  })
})
