// Shapes of the admin API for the vault: which keys it has, by number and purpose, and the two
// rotations. Nothing here holds anything of a key.

import { z } from 'zod'

const count = z.int().min(0)

export const vaultKey = z.object({
  id: z.int(),
  purpose: z.string(),
  created: z.iso.datetime(),
  /** The batch whose voucher PINs it seals. */
  batch: z.int().nullable(),
  /** It seals what comes new; false for one that a rotation has replaced. */
  current: z.boolean(),
  /** Rows under it; null for a key that makes hashes. */
  rows: count.nullable(),
})
export type VaultKeyInfo = z.output<typeof vaultKey>

export const vaultStatus = z.object({
  source: z.enum(['file', 'command', 'token']),
  /** A rotation of data keys that was begun and is not done; its batch, or null for all. */
  rotation: z.object({ batch: z.int().nullable() }).nullable(),
  keys: z.array(vaultKey),
})
export type VaultStatus = z.output<typeof vaultStatus>

export const kekRotationRequest = z.strictObject({
  /** The next key where it comes from a command: a path on the machine of the switch. */
  newKekFile: z.string().min(1).max(4_096).optional(),
})
export type KekRotationRequest = z.output<typeof kekRotationRequest>

export const kekRotation = z.object({
  /** How many keys are wrapped under the new one. */
  keys: count,
  source: z.enum(['file', 'command', 'token']),
  /** Where the new key is; null when it comes from a command or is in a token. */
  file: z.string().nullable(),
})
export type KekRotationInfo = z.output<typeof kekRotation>

export const dataRotationRequest = z.strictObject({
  /** One batch; left out for all batches, card numbers, and keys of terminals and links. */
  batch: z.int().min(1).optional(),
})
export type DataRotationRequest = z.output<typeof dataRotationRequest>

export const rotationDone = z.object({
  kind: z.literal('done'),
  vouchers: count,
  cards: count,
  keys: count,
  /** Old keys that nothing is sealed under any more. */
  removedKeys: count,
  /** Rows that stay under an old key, since they do not open or are not what the journal says. */
  left: count,
  /** Batches that were being imported. */
  skipped: z.array(z.int()),
  seconds: z.number().min(0),
})
export type DataRotationDone = z.output<typeof rotationDone>

/** One line while vouchers, card numbers and keys are sealed anew; the last one is `done`. */
export const dataRotationEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), rows: count, of: count }),
  rotationDone,
])
export type DataRotationEvent = z.output<typeof dataRotationEvent>
