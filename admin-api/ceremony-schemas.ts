// Shapes of key ceremonies: a master key whose parts come from, or go to, several custodians, each
// in a session of his own. A part comes in or goes out once, alone, and stands in no other answer.

import { z } from 'zod'
import { checkValue, keyIssue, keyPart, keyScheme, whose } from './key-schemas.ts'

/** The key that another side sent in parts; `checkValue` of the whole, as it printed it. */
export const keyLoadStart = keyIssue.extend({ checkValue: checkValue.optional() })
export type KeyLoadStart = z.output<typeof keyLoadStart>

export const keyCeremony = z.object({
  id: z.string(),
  /** load: parts are entered. issue: parts are taken. */
  kind: z.enum(['load', 'issue']),
  owner: z.string(),
  whose,
  scheme: keyScheme,
  startedBy: z.string(),
  /** Then it is dropped with all its parts. */
  endsAt: z.iso.datetime(),
  /** Of the whole key; null until its last part was entered. */
  checkValue: checkValue.nullable(),
  parts: z.array(
    z.object({
      part: z.int(),
      /** Who entered or took it; null: nobody yet. */
      by: z.string().nullable(),
      checkValue: checkValue.nullable(),
    }),
  ),
})
export type KeyCeremony = z.output<typeof keyCeremony>

export const enteredPart = keyPart
export type EnteredPart = z.output<typeof enteredPart>

export const takenPart = z.object({
  owner: z.string(),
  whose,
  scheme: keyScheme,
  number: z.int(),
  of: z.int(),
  part: z.string(),
  checkValue,
  /** Of the whole key. */
  keyCheckValue: checkValue,
  taken: z.iso.datetime(),
  /** It was the last one: the key is in force. */
  last: z.boolean(),
})
export type TakenPart = z.output<typeof takenPart>

/** What is loaded, said once more, so that a second person sees what he approves. */
export const keyLoadFinish = z.strictObject({ owner: z.string().min(1).max(64), checkValue })
export type KeyLoadFinish = z.output<typeof keyLoadFinish>
