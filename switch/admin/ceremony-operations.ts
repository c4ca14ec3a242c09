// Key ceremonies: a master key is loaded from parts that several custodians enter, or issued in
// parts that several custodians take, each in a session of his own and none with two. Every step is
// in the audit record before it is answered. A key is in force when two officers agreed to it and
// no part is missing; no part can be read again.

import type { Actor } from '../../admin-api/actor.ts'
import type { CeremonyOperations } from '../../admin-api/ceremony-operations.ts'
import type { EnteredPart, KeyCeremony, TakenPart } from '../../admin-api/ceremony-schemas.ts'
import { type ErrorCode, EvsError } from '../../admin-api/errors.ts'
import { checkValueOf } from '../../protocol/security/check-value.ts'
import { isWeakKey } from '../../protocol/security/key-strength.ts'
import { KeyPart, type SecurityModule } from '../../protocol/security/security-module.ts'
import type { KeyScheme } from '../../protocol/values/key.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from '../access/access.ts'
import {
  type Ceremony,
  type CeremonyPart,
  KeyCeremonies,
  type Whole,
  wipe,
} from '../access/key-ceremonies.ts'
import { masterPlace } from '../core/key-store.ts'
import { asError } from '../token.ts'
import { keyInfo, mustFit, ownerName, putKey, useOf } from './key-operations.ts'
import { refWords } from './key-owner-words.ts'
import { mustFind } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

export interface CeremonyDesk {
  readonly operations: CeremonyOperations
  /** Drops every part. */
  close(): void
}

interface Desk {
  readonly tools: OperationTools
  readonly acts: AccessTools['acts']
  readonly ceremonies: KeyCeremonies
}

export function ceremonyDesk(tools: OperationTools, { acts }: AccessTools): CeremonyDesk {
  const { config, clock } = tools
  const settings = { lifeMs: config.timeouts.keyCeremonyMs, most: config.limits.keyCeremonies }
  const ceremonies = new KeyCeremonies(clock, settings, (ended) => {
    void acts.note({ ...actOf(ended, 'expire'), by: 'switch', how: undefined })
  })
  const desk: Desk = { tools, acts, ceremonies }
  return {
    operations: {
      keyCeremonies: async () => ceremonies.list().map(shown),
      startKeyLoad: async (actor, { owner: ref, scheme, parts, checkValue: expected }) => {
        const owner = ownerName(tools, ref)
        mustFit(tools, ref, scheme)
        const beginning = { kind: 'load', actor, ref, owner, scheme, expected } as const
        const empty = Array.from({ length: parts }, () => ({ checkValue: '', bytes: undefined }))
        return begun(desk, ceremonies.begin(beginning, empty))
      },
      startKeyIssue: async (actor, { owner: ref, scheme, parts }) => {
        const owner = ownerName(tools, ref)
        mustFit(tools, ref, scheme)
        const module = await tools.securityModule()
        const { key, components } = module.generateComponents(useOf(ref), scheme, parts)
        const beginning = { kind: 'issue', actor, ref, owner, scheme } as const
        const kept = components.map(({ component, checkValue }) => {
          return { checkValue, bytes: Buffer.from(component.reveal(), 'hex') }
        })
        const sealed = module.seal(key, masterPlace(owner))
        const whole = { sealed, checkValue: module.checkValue(key) }
        return begun(desk, ceremonies.begin(beginning, kept, whole))
      },
      enterKeyPart: (actor, id, part) => entered(desk, actor, id, part),
      takeKeyPart: (actor, id) => taken(desk, actor, id),
      finishKeyLoad: async (actor, id, { owner, checkValue }) => {
        const ceremony = open(desk, id, 'load')
        const { whole } = ceremony
        if (whole === undefined) {
          throw new EvsError('CONFLICT', { message: `parts are missing in ceremony ${id}` })
        }
        if (ceremony.owner !== owner || whole.checkValue !== checkValue) {
          const message = `ceremony ${id} is about ${refWords(ceremony.ref)}, ${whole.checkValue}`
          throw new EvsError('CONFLICT', { message })
        }
        await inForce(desk, ceremony, actor)
        return keyInfo(tools, owner)
      },
      cancelKeyCeremony: async (actor, id) => {
        const ceremony = mustFind(ceremonies.find(id), `open key ceremony ${id}`)
        ceremonies.hold(ceremony)
        ceremonies.end(ceremony)
        await acts.must({ ...actOf(ceremony, 'cancel'), by: actor.name, how: actor.how })
        return shown(ceremony)
      },
    },
    close: () => ceremonies.endAll(),
  }
}

async function begun({ acts, ceremonies }: Desk, ceremony: Ceremony): Promise<KeyCeremony> {
  const { actor, expected, whole } = ceremony
  const { action, detail } = actOf(ceremony, 'start')
  const checkValue = expected ?? whole?.checkValue
  const about = { ...detail, ...(checkValue === undefined ? {} : { checkValue }) }
  await acts
    .must({ action, by: actor.name, how: actor.how, detail: about })
    .catch((error: unknown) => {
      ceremonies.end(ceremony)
      throw error
    })
  return shown(ceremony)
}

async function entered(
  desk: Desk,
  actor: Actor,
  id: string,
  { part: text, checkValue }: EnteredPart,
): Promise<KeyCeremony> {
  const ceremony = open(desk, id, 'load')
  const module = await desk.tools.securityModule()
  const bytes = partBytes(ceremony.scheme, text, checkValue)
  if (ceremony.parts.some((other) => other.bytes?.equals(bytes) === true)) {
    bytes.fill(0)
    const hint = 'each custodian has a print-out of his own'
    throw new EvsError('CONFLICT', { message: 'this part was entered already', hint })
  }
  const part = desk.ceremonies.claim(ceremony, actor.name)
  Object.assign(part, { bytes, checkValue })
  await noted(desk, ceremony, actor, part)
  if (ceremony.whole === undefined && ceremony.parts.every((one) => one.noted)) {
    await combined(desk, module, ceremony, actor)
  }
  return shown(ceremony)
}

/** What was claimed is on record; when it cannot be, the part is nobody's again. */
async function noted(
  { acts }: Desk,
  ceremony: Ceremony,
  actor: Actor,
  part: CeremonyPart,
): Promise<void> {
  const { detail } = actOf(ceremony, 'part')
  const action = ceremony.kind === 'load' ? 'key part enter' : 'key part take'
  const about = { ...detail, part: part.number, checkValue: part.checkValue }
  await acts
    .must({ action, by: actor.name, how: actor.how, detail: about })
    .catch((error: unknown) => {
      part.by = undefined
      if (ceremony.kind === 'load') wipe(part)
      throw error
    })
  if (ceremony.ended) throw new EvsError('NOT_FOUND', { message: 'the ceremony has ended' })
  part.noted = true
}

/**
 * All parts become the whole; no part outlives this. What makes none, a token that is away
 * included, ends the ceremony: nobody could enter his part a second time.
 */
async function combined(
  desk: Desk,
  module: SecurityModule,
  ceremony: Ceremony,
  actor: Actor,
): Promise<void> {
  const made = wholeOf(module, ceremony)
  if (made.kind === 'whole') {
    ceremony.whole = made.whole
    return
  }
  desk.ceremonies.end(ceremony)
  const { action, detail } = actOf(ceremony, 'refuse')
  const { error, checkValue } = made
  const about = { ...detail, ...(checkValue === undefined ? {} : { checkValue }) }
  await desk.acts.note({ action, by: actor.name, how: actor.how, detail: about })
  throw error
}

type Made =
  | { readonly kind: 'whole'; readonly whole: Whole }
  | { readonly kind: 'none'; readonly error: unknown; readonly checkValue?: string }

/** Sealed at once. */
function wholeOf(module: SecurityModule, ceremony: Ceremony): Made {
  const { owner, ref, scheme, expected, parts } = ceremony
  const components = parts.map(({ bytes, checkValue }) => {
    const component = KeyPart.parse(bytes?.toString('hex') ?? '')
    if (isReason(component)) throw new Error('a part was judged when it was entered')
    return { component, checkValue }
  })
  try {
    const key = module.combine(useOf(ref), scheme, components)
    if (isReason(key)) return { kind: 'none', error: beginAnew('CONFLICT', key.reason) }
    const checkValue = module.checkValue(key)
    if (expected !== undefined && checkValue !== expected) {
      const values = `its check value is ${checkValue}, and not ${expected}`
      const message = `the parts make another key: ${values}`
      return { kind: 'none', error: beginAnew('CONFLICT', message), checkValue }
    }
    const whole = { sealed: module.seal(key, masterPlace(owner)), checkValue }
    return { kind: 'whole', whole }
  } catch (error) {
    const known = asError(error)
    if (!(known instanceof EvsError)) return { kind: 'none', error }
    return { kind: 'none', error: beginAnew(known.code, known.message) }
  } finally {
    for (const part of parts) wipe(part)
  }
}

function beginAnew(code: ErrorCode, message: string): EvsError {
  const hint = 'compare the print-outs, then begin anew: all parts were dropped'
  return new EvsError(code, { message, hint })
}

async function taken(desk: Desk, actor: Actor, id: string): Promise<TakenPart> {
  const ceremony = open(desk, id, 'issue')
  const { tools, ceremonies } = desk
  const { owner, ref, scheme, parts, whole } = ceremony
  mustFit(tools, ref, scheme)
  const part = ceremonies.claim(ceremony, actor.name)
  await noted(desk, ceremony, actor, part)
  const last = parts.every((one) => one.noted)
  // Who cancels from now on takes the part of nobody to whom it is promised.
  const bytes = Buffer.from(part.bytes ?? '')
  try {
    if (last) await inForce(desk, ceremony, ceremony.actor)
    const answer = {
      ...{ owner, whose: refWords(ref), scheme, number: part.number, of: parts.length, last },
      part: bytes.toString('hex').toUpperCase(),
      checkValue: part.checkValue,
      keyCheckValue: whole?.checkValue ?? '',
      taken: isoMoment(tools.wallMs()),
    }
    wipe(part)
    return answer
  } catch (error) {
    Object.assign(part, { by: undefined, noted: false })
    throw error
  } finally {
    bytes.fill(0)
  }
}

/** The end of the ceremony, or it is as it was: nobody cancels what is being written. */
async function inForce(desk: Desk, ceremony: Ceremony, actor: Actor): Promise<void> {
  desk.ceremonies.hold(ceremony)
  try {
    await put(desk, ceremony, actor)
    desk.ceremonies.end(ceremony)
  } finally {
    desk.ceremonies.letGo(ceremony)
  }
}

/** Opened and sealed anew: the storage key may have been replaced since. */
async function put({ tools }: Desk, ceremony: Ceremony, actor: Actor): Promise<void> {
  const { kind, owner, ref, scheme, whole } = ceremony
  mustFit(tools, ref, scheme)
  const module = await tools.securityModule()
  const sealed = whole?.sealed ?? new Uint8Array()
  const key = module.unseal(useOf(ref), scheme, sealed, masterPlace(owner))
  if (key === undefined) {
    const message = 'the key of this ceremony does not open: the keys of the vault were replaced'
    throw new EvsError('CONFLICT', { message, hint: 'cancel it, and begin anew' })
  }
  await putKey(tools, { actor, owner, key, action: kind === 'load' ? 'key load' : 'key issue' })
}

function open({ ceremonies }: Desk, id: string, kind: Ceremony['kind']): Ceremony {
  const ceremony = mustFind(ceremonies.find(id), `open key ceremony ${id}`)
  if (ceremony.kind === kind) return ceremony
  const hint = kind === 'load' ? '`evs key take` takes one' : '`evs key part` enters one'
  const what = ceremony.kind === 'load' ? 'entered' : 'taken'
  throw new EvsError('CONFLICT', { message: `parts of ceremony ${id} are ${what}`, hint })
}

/** What was typed is never part of a message. */
function partBytes(scheme: KeyScheme, text: string, checkValue: string): Buffer {
  const part = KeyPart.parse(text)
  if (isReason(part)) throw new EvsError('USAGE', { message: part.reason })
  const bytes = Buffer.from(part.reveal(), 'hex')
  const isRight = checkValueOf(scheme, bytes) === checkValue
  if (isRight && !isWeakKey(scheme, bytes)) return bytes
  bytes.fill(0)
  const message = isRight ? 'the part is weak' : 'the check value of the part differs'
  const hint = 'compare part and check value with the print-out, and the scheme with the other side'
  throw new EvsError('USAGE', { message, hint })
}

function actOf({ id, kind, owner, scheme, parts }: Ceremony, step: string) {
  const detail = { ceremony: id, owner, scheme, of: parts.length }
  return { action: `key ${kind} ${step}`, detail }
}

function shown(ceremony: Ceremony): KeyCeremony {
  const { id, kind, owner, ref, scheme, actor, endsMs, parts, whole } = ceremony
  return {
    ...{
      id,
      kind,
      owner,
      whose: refWords(ref),
      scheme,
      startedBy: actor.name,
      endsAt: isoMoment(endsMs),
    },
    checkValue: whole?.checkValue ?? null,
    parts: parts.map(({ number, by, checkValue }) => {
      return { part: number, by: by ?? null, checkValue: by === undefined ? null : checkValue }
    }),
  }
}
