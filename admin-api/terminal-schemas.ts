// The shapes of merchants and terminals: what they are, what may be changed, and the progress of a
// list that registers many. A limit that is null is none; what a change leaves out stays.

import { z } from 'zod'
import {
  askedDay,
  count,
  day,
  fileName,
  institution,
  mid,
  moment,
  plainName,
  productId,
  rial,
  sumRial,
  tid,
} from './values.ts'

const limitCount = z.int().min(0).max(1_000_000)
const limits = { limitCount: limitCount.nullish(), limitRial: rial.nullish() }
const own = institution.default(0)
const today = z.object({ count, rial: sumRial })
const pageLimit = z.coerce.number().int().min(1).max(10_000).default(1_000)
const place = z.coerce.number().int().min(0).optional()

const merchantFacts = {
  ...limits,
  contact: plainName.nullish(),
  /** What it may sell; null is everything. */
  products: z.array(productId).max(1_000).nullish(),
}
export const newMerchant = z.strictObject({
  mid,
  name: plainName,
  city: plainName.default('Tehran'),
  institution: own,
  ...merchantFacts,
})
export type NewMerchant = z.output<typeof newMerchant>
export const merchant = z.object({
  mid,
  name: z.string(),
  city: z.string(),
  institution,
  enabled: z.boolean(),
  terminals: count,
  contact: z.string().nullable(),
  limitCount: limitCount.nullable(),
  limitRial: rial.nullable(),
  products: z.array(productId).nullable(),
})
export type Merchant = z.output<typeof merchant>
/** A part of the price, as a decimal: 0.015 is one and a half percent. */
const rate = z.string().regex(/^(0(\.\d{1,4})?|1(\.0{1,4})?)$/, 'a decimal from 0 to 1')
export const merchantDetail = merchant.extend({
  /** By product, null for all others; a rate counts from its day on. */
  commission: z.array(z.object({ product: productId.nullable(), rate, validFrom: day })),
  today,
})
export type MerchantDetail = z.output<typeof merchantDetail>
export const merchantChange = z.strictObject({
  institution: own,
  enabled: z.boolean().optional(),
  name: plainName.optional(),
  city: plainName.optional(),
  ...merchantFacts,
})
export type MerchantChange = z.output<typeof merchantChange>
export const commissionChange = z.strictObject({
  institution: own,
  product: productId.nullable().default(null),
  rate,
  /** Today when it is left out. */
  validFrom: askedDay.optional(),
})
export type CommissionChange = z.output<typeof commissionChange>
export const merchantFilter = z.strictObject({
  institution: institution.optional(),
  enabled: z.boolean().optional(),
  after: place,
  limit: pageLimit,
})
export type MerchantFilter = z.output<typeof merchantFilter>
export const merchantPage = z.object({
  merchants: z.array(merchant),
  /** Give it as `after` for the next page; null at the end. */
  after: count.nullable(),
})
export type MerchantPage = z.output<typeof merchantPage>

export const scheme = z.enum(['none', 'tdes', 'aes'])
export const terminalState = z.enum(['active', 'blocked', 'retired'])
/** Parameters for its software, which an initialise reply carries. */
const settings = z.record(z.string().max(32), z.string().max(100))
export const newTerminal = z.strictObject({
  tid,
  mid,
  scheme,
  institution: own,
  name: plainName.nullish(),
  ...limits,
  settings: settings.optional(),
})
export type NewTerminal = z.output<typeof newTerminal>
export const terminal = z.object({
  tid,
  mid,
  institution,
  scheme,
  state: terminalState,
  name: z.string().nullable(),
  /** Bound at its first logon. */
  serial: z.string().nullable(),
  limitCount: limitCount.nullable(),
  limitRial: rial.nullable(),
  seenAt: moment.nullable(),
  version: z.string().nullable(),
  printer: z.string().nullable(),
  failedMacs: count,
})
export type Terminal = z.output<typeof terminal>
/** `unknown`: the security module could not be asked. */
export const keyState = z.enum(['in force', 'missing', 'do not open', 'unknown'])
const terminalKeys = z.object({
  checkValue: z.string().nullable(),
  masterKey: keyState,
  sessionKeys: keyState,
  /** Generations of its session keys. */
  active: z.int().nullable(),
  pending: z.int().nullable(),
})
export const terminalDetail = terminal.extend({
  merchantName: z.string(),
  merchantEnabled: z.boolean(),
  settings,
  retiredAt: moment.nullable(),
  replacedBy: tid.nullable(),
  replaces: tid.nullable(),
  /** As the terminal last said itself. */
  reportedSerial: z.string().nullable(),
  lastResponseCode: z.string().nullable(),
  failedMacAt: moment.nullable(),
  /** Of its scheme; null when it has none. */
  keys: terminalKeys.nullable(),
  today,
})
export type TerminalDetail = z.output<typeof terminalDetail>
export const terminalChange = z.strictObject({
  tid,
  mid,
  institution: own,
  /** retired: for ever. */
  state: terminalState.optional(),
  name: plainName.nullish(),
  ...limits,
  /** All of them: what is not named is taken away. */
  settings: settings.optional(),
  /** Single ones, null takes one away: the others stay as they are. Not beside `settings`. */
  settingChanges: z.record(z.string().max(32), z.string().max(100).nullable()).optional(),
  /** Null: the next logon binds the serial number anew. */
  serial: z.null().optional(),
})
export type TerminalChange = z.output<typeof terminalChange>
export const terminalReplacement = z.strictObject({
  tid,
  mid,
  institution: own,
  /** Number of the new terminal; its keys are of the old one's scheme when none is given. */
  by: tid,
  scheme: scheme.optional(),
})
export type TerminalReplacement = z.output<typeof terminalReplacement>
export const terminalFilter = z.strictObject({
  tid: tid.optional(),
  mid: mid.optional(),
  institution: institution.optional(),
  state: terminalState.optional(),
  /** Not seen since, or never. */
  notSeenSince: moment.optional(),
  after: place,
  limit: pageLimit,
})
export type TerminalFilter = z.output<typeof terminalFilter>
export const terminalPage = z.object({
  terminals: z.array(terminal),
  /** Give it as `after` for the next page; null at the end. */
  after: count.nullable(),
})
export type TerminalPage = z.output<typeof terminalPage>

export const registrationRequest = z.strictObject({
  fileName,
  dryRun: z.boolean().default(false),
})
export type RegistrationRequest = z.output<typeof registrationRequest>
const registrationProblem = z.object({
  line: count,
  column: z.string(),
  message: z.string(),
  hint: z.string(),
})
export const registrationEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), rows: count, bytes: count }),
  z.object({
    kind: z.literal('done'),
    dryRun: z.boolean(),
    rows: count,
    added: count,
    /** There already, with the same values. */
    unchanged: count,
    refused: count,
    /** The first of the refused rows. */
    problems: z.array(registrationProblem),
    moreProblems: count,
    seconds: z.number(),
  }),
])
export type RegistrationEvent = z.output<typeof registrationEvent>
