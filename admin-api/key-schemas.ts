// Shapes of the admin API for keys. Parts and TR-31 blocks are answered once, to whom they are made
// for; no other answer holds anything of a key but its check value.

import { z } from 'zod'
import { keyState, newTerminal } from './terminal-schemas.ts'

export const checkValue = z.string().regex(/^[0-9A-F]{6}$/, '6 upper-case hex characters')
export const keyScheme = z.enum(['tdes', 'aes'])
const { tid, mid, institution } = newTerminal.shape

/**
 * Whose keys: a terminal by its numbers, an institution's listener or a card host by its name, the
 * base key of DUKPT terminals by the first 10 hex digits of their key serial numbers.
 */
export const keyOwner = z.strictObject({
  kind: z.enum(['terminal', 'institution', 'host', 'dukpt']),
  name: z.string().min(1).max(31).optional(),
  tid: tid.optional(),
  mid: mid.optional(),
  institution,
})
export type KeyOwnerRef = z.output<typeof keyOwner>

/** The owner as people know it: `terminal 10000001 of merchant 000000000100001`. */
export const whose = z.string()

export const keyPart = z.strictObject({
  /** 32 hex characters; groups may be apart. */
  part: z.string().min(32).max(60),
  checkValue,
})

export const keyIssue = z.strictObject({
  owner: keyOwner,
  scheme: keyScheme,
  parts: z.int().min(2).max(9).default(3),
})
export type KeyIssue = z.output<typeof keyIssue>

export const issuedKey = z.object({
  owner: z.string(),
  scheme: keyScheme,
  checkValue,
  created: z.iso.datetime(),
  parts: z.array(z.object({ part: z.string(), checkValue })),
})
export type IssuedKey = z.output<typeof issuedKey>

export const keyLoad = z.strictObject({
  owner: keyOwner,
  scheme: keyScheme,
  parts: z.array(keyPart).min(2).max(9),
  /** Of the whole key, as the other side printed it. */
  checkValue: checkValue.optional(),
})
export type KeyLoad = z.output<typeof keyLoad>

export const masterKeyInfo = z.object({
  owner: z.string(),
  whose,
  scheme: keyScheme,
  checkValue,
  /** Of the device that has shown that it has the key. */
  serialNumber: z.string().nullable(),
  created: z.iso.datetime(),
  /** Generations of the session keys. */
  active: z.int().nullable(),
  pending: z.int().nullable(),
})
export type MasterKeyInfo = z.output<typeof masterKeyInfo>

export const keyRow = masterKeyInfo.extend({
  /** Whether it opens; of many terminals, the first are looked at, and the others are `unknown`. */
  masterKey: keyState,
  /** One set that opens is in force; those of DUKPT terminals are their base key's. */
  sessionKeys: keyState,
})
export type KeyRow = z.output<typeof keyRow>

export const zoneKeys = z.object({
  owner: z.string(),
  generation: z.int(),
  /** TR-31 blocks under the zone master key. */
  macKey: z.string(),
  pinKey: z.string(),
  dataKey: z.string(),
})
export type ZoneKeysInfo = z.output<typeof zoneKeys>

export const keyOwnerBody = z.strictObject({ owner: keyOwner })
