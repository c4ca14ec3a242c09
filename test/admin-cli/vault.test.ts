// `evs vault`: a rotation that left something is exit code 3, and one that is not done is named by
// the command that finishes it. A token for a new store is named as this folder knows it.

import { expect, it } from 'vitest'
import type { DataRotationEvent } from '../../admin-api/vault-schemas.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

function rotating(change: { left?: number; skipped?: number[] }) {
  const rotateData = async function* (): AsyncGenerator<DataRotationEvent> {
    yield { ...EXAMPLES.dataRotation, kind: 'done', skipped: [], ...change }
  }
  return evs(['vault', 'rotate', 'data', '--all'], { operations: { rotateData } })
}

it('a rotation of all is 0, and 3 when rows or batches are left under old keys', async () => {
  expect((await rotating({})).exitCode).toBe(0)
  const left = await rotating({ left: 2 })
  expect([left.exitCode, left.stdout]).toEqual([3, expect.stringContaining('old keys: 2;')])
  const skipped = await rotating({ skipped: [7, 9] })
  expect([skipped.exitCode, skipped.stdout]).toEqual([3, expect.stringContaining('batch 7, 9')])
})

it.each([
  [null, '--all'],
  [7, '--batch 7'],
])('a rotation of %s that is not done is finished with %s', async (batch, flags) => {
  const { keys, ...about } = EXAMPLES.vaultStatus
  const vaultStatus = async () => ({ ...about, keys: [...keys], rotation: { batch } })
  const { stderr } = await evs(['vault', 'status'], { operations: { vaultStatus } })
  expect(stderr).toContain(`not done: evs vault rotate data ${flags}\n`)
})

it('a store whose keys are in a token is made with the PIN file of this folder', async () => {
  const token = '--pkcs11 /lib/p11.so --token evs --user-pin-file keys/pin'
  const { asked } = await evs(`init --dir shop ${token}`.split(' '))
  expect(asked[0]).toMatchObject({ name: 'init', given: [{ dir: '/work/shop' }] })
  expect(asked[0]?.given[0]).toHaveProperty('token', {
    ...{ library: '/lib/p11.so', tokenLabel: 'evs', userPinFile: '/work/keys/pin' },
  })
})
