// One token of a PKCS#11 library: the session that is logged in to it, and what is asked of it.
// What fails is tried once more in a new session. What fails then makes the token away: nobody
// asks it for a while, and then it is looked for again, for as long as it takes.
//
//   in session --a call fails--> logged in again, tried again --fails again--> away
//   in session --refused again, and the session is well--> that one call has failed
//   away --after a pause, logged in again--> in session; a refused user PIN is never tried again
//
// All calls wait for their answer: a library that hangs holds up the process.

import type { Handle, Mechanism, Template } from 'pkcs11js'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import { type Driver, faultOf, initialise, openDriver, TokenError } from './driver.ts'
import { readUserPin, type UserPinPlace } from './user-pin.ts'

export type { Handle }

export interface TokenPlace {
  readonly library: string
  readonly tokenLabel: string
  readonly userPin: UserPinPlace
}

export interface TokenPorts {
  readonly monotonicMs: () => number
  /** Hears of it when the token goes, with the reason, and when it is back. */
  readonly changed?: (away: string | undefined) => void
  /** Another library than that of the place: for tests. */
  readonly driver?: Driver
}

export type Attributes = Readonly<Record<string, number | boolean | string | Uint8Array>>

/** All that any of the two adapters here asks for. A token without one is refused at the start. */
const MECHANISMS = [
  ...['CKM_AES_KEY_GEN', 'CKM_AES_GCM', 'CKM_AES_KEY_WRAP', 'CKM_AES_CMAC', 'CKM_AES_ECB'],
  ...['CKM_DES3_ECB', 'CKM_DES3_CBC', 'CKM_DES3_CMAC'],
] as const
export type MechanismName = (typeof MECHANISMS)[number]

/** Trying again could lock the token for good. */
const FINAL = new Set(['CKR_PIN_INCORRECT', 'CKR_PIN_LOCKED', 'CKR_PIN_EXPIRED'])
const RETRY_MS = 2_000
/** State of a session that may use keys. [PKCS #11 2.40, CKS_RW_USER_FUNCTIONS] */
const RW_USER_FUNCTIONS = 3

export class Token {
  readonly #driver: Driver
  readonly #place: TokenPlace
  readonly #ports: TokenPorts
  #session: Handle
  #slot: Handle
  /** Handles of another one mean nothing any more. */
  #sessions = 1
  #depth = 0
  #away: { readonly why: string; triedMs: number } | undefined
  #isFinal = false

  private constructor(driver: Driver, place: TokenPlace, ports: TokenPorts) {
    this.#driver = driver
    this.#place = place
    this.#ports = ports
    this.#slot = this.#findSlot()
    this.#session = this.#logIn()
  }

  /** Throws `TokenError`. */
  static async open(place: TokenPlace, ports: TokenPorts): Promise<Token> {
    const token = new Token(ports.driver ?? (await openDriver(place.library)), place, ports)
    token.#mustHaveMechanisms()
    return token
  }

  /** Changes with each session: what was found in an earlier one has to be found again. */
  get sessions(): number {
    return this.#sessions
  }

  /** Why it cannot be used; undefined while it can. */
  get away(): string | undefined {
    return this.#away?.why
  }

  /** The work may be done twice. Throws `ModuleAwayError`. */
  run<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work()
    this.#depth++
    try {
      this.#lookForIt()
      return this.#tried(work)
    } finally {
      this.#depth--
    }
  }

  /** Asks it for nothing, so that it is missed before a key is needed, and noticed when back. */
  check(): void {
    try {
      this.run(() => {
        if (!this.#isWell()) throw new Error('CKR_SESSION_CLOSED')
      })
    } catch (error) {
      if (!(error instanceof ModuleAwayError)) throw error
    }
  }

  close(): void {
    this.#closeSession()
  }

  // What follows is called inside `run` only.

  sign(mechanism: MechanismName, key: Handle, input: Uint8Array, bytes: number): Buffer {
    const { calls } = this.#driver
    calls.C_SignInit(this.#session, this.#mechanism(mechanism), key)
    return calls.C_Sign(this.#session, Buffer.from(input), Buffer.alloc(bytes))
  }

  encrypt(mechanism: Mechanism | MechanismName, key: Handle, clear: Uint8Array): Buffer {
    const { calls } = this.#driver
    calls.C_EncryptInit(this.#session, this.#mechanism(mechanism), key)
    const given = Buffer.from(clear)
    const body = calls.C_Encrypt(this.#session, given, Buffer.alloc(clear.length + SPARE_BYTES))
    given.fill(0)
    return body
  }

  decrypt(mechanism: Mechanism | MechanismName, key: Handle, body: Uint8Array): Buffer {
    const { calls } = this.#driver
    calls.C_DecryptInit(this.#session, this.#mechanism(mechanism), key)
    const given = Buffer.from(body)
    return calls.C_Decrypt(this.#session, given, Buffer.alloc(body.length + SPARE_BYTES))
  }

  wrap(wrapping: Handle, key: Handle): Buffer {
    const mechanism = this.#mechanism('CKM_AES_KEY_WRAP')
    const { calls } = this.#driver
    const room = Buffer.alloc(WRAPPED_BYTES_MOST)
    return Buffer.from(calls.C_WrapKey(this.#session, mechanism, wrapping, key, room))
  }

  unwrap(wrapping: Handle, wrapped: Uint8Array, attributes: Attributes): Handle {
    const mechanism = this.#mechanism('CKM_AES_KEY_WRAP')
    const template = this.#template(attributes)
    const { calls } = this.#driver
    return calls.C_UnwrapKey(this.#session, mechanism, wrapping, Buffer.from(wrapped), template)
  }

  /** The bytes of a key are wiped here as far as they were copied; those given are the caller's. */
  create(attributes: Attributes): Handle {
    const template = this.#template(attributes)
    try {
      return this.#driver.calls.C_CreateObject(this.#session, template)
    } finally {
      for (const { value } of template) if (Buffer.isBuffer(value)) value.fill(0)
    }
  }

  generateAes(attributes: Attributes): Handle {
    const mechanism = this.#mechanism('CKM_AES_KEY_GEN')
    return this.#driver.calls.C_GenerateKey(
      this.#session,
      mechanism,
      this.#template({ ...attributes, CKA_VALUE_LEN: AES_256_BYTES }),
    )
  }

  destroy(key: Handle): void {
    this.#driver.calls.C_DestroyObject(this.#session, key)
  }

  find(attributes: Attributes): Handle[] {
    const { calls } = this.#driver
    calls.C_FindObjectsInit(this.#session, this.#template(attributes))
    const found: Handle[] = []
    try {
      for (;;) {
        const handle = calls.C_FindObjects(this.#session)
        if (handle === null) return found
        found.push(handle)
      }
    } finally {
      calls.C_FindObjectsFinal(this.#session)
    }
  }

  attribute(key: Handle, name: 'CKA_ID' | 'CKA_EXTRACTABLE' | 'CKA_SENSITIVE'): Buffer {
    const template = [{ type: this.#number(name) }]
    const [read] = this.#driver.calls.C_GetAttributeValue(this.#session, key, template)
    return Buffer.isBuffer(read?.value) ? read.value : Buffer.alloc(0)
  }

  random(bytes: number): Buffer {
    return this.#driver.calls.C_GenerateRandom(this.#session, Buffer.alloc(bytes))
  }

  /** The standard's number of a name. */
  #number(name: string): number {
    const value = (this.#driver.numbers as unknown as Record<string, unknown>)[name]
    if (typeof value === 'number') return value
    throw new Error(`pkcs11js knows no ${name}`)
  }

  #mechanism(mechanism: Mechanism | MechanismName): Mechanism {
    return typeof mechanism === 'string' ? { mechanism: this.#number(mechanism) } : mechanism
  }

  cbc(iv: Uint8Array): Mechanism {
    return { mechanism: this.#number('CKM_DES3_CBC'), parameter: Buffer.from(iv) }
  }

  gcm(nonce: Uint8Array, bound: Uint8Array): Mechanism {
    return {
      mechanism: this.#number('CKM_AES_GCM'),
      parameter: {
        type: this.#number('CK_PARAMS_AES_GCM'),
        ...{ iv: Buffer.from(nonce), ivBits: nonce.length * 8 },
        ...{ aad: Buffer.from(bound), tagBits: GCM_TAG_BITS },
      },
    }
  }

  /** A text that is a name of the standard stands for its number; a label is whatever it says. */
  #template(attributes: Attributes): Template {
    return Object.entries(attributes).map(([name, value]) => {
      const type = this.#number(name)
      if (typeof value === 'string' && name !== 'CKA_LABEL') {
        return { type, value: this.#number(value) }
      }
      return { type, value: value instanceof Uint8Array ? Buffer.from(value) : value }
    })
  }

  #tried<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      this.#reopen(fault)
    }
    try {
      return work()
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      // What a session that is well refuses is about this one call, and others may go on.
      throw this.#isWell() ? this.#refused(fault) : this.#gone(fault)
    }
  }

  #isWell(): boolean {
    try {
      const { state } = this.#driver.calls.C_GetSessionInfo(this.#session)
      return state === RW_USER_FUNCTIONS && this.random(1).length === 1
    } catch (error) {
      if (faultOf(error) === undefined) throw error
      return false
    }
  }

  #refused(fault: string): ModuleAwayError {
    return new ModuleAwayError(`token ${this.#place.tokenLabel}: ${fault}`)
  }

  /** While it is away: once in a while, and the rest are refused at once. */
  #lookForIt(): void {
    const away = this.#away
    if (away === undefined) return
    const nowMs = this.#ports.monotonicMs()
    if (this.#isFinal || nowMs - away.triedMs < RETRY_MS) throw new ModuleAwayError(away.why)
    away.triedMs = nowMs
    try {
      // The client of a token on the network finds it again in a library that began anew only.
      this.#driver.calls.C_Finalize()
    } catch (error) {
      if (faultOf(error) === undefined) throw error
    }
    this.#reopen(away.why)
    this.#away = undefined
    this.#ports.changed?.(undefined)
  }

  #reopen(fault: string): void {
    try {
      this.#closeSession()
      initialise(this.#driver)
      this.#slot = this.#findSlot()
      this.#session = this.#logIn()
      this.#sessions++
    } catch (error) {
      const reason = error instanceof TokenError ? error.message : faultOf(error)
      if (reason === undefined) throw error
      throw this.#gone(`${fault}, ${reason}`)
    }
  }

  #gone(reason: string): ModuleAwayError {
    const why = `token ${this.#place.tokenLabel}: ${reason}`
    const wasThere = this.#away === undefined
    this.#away = { why, triedMs: this.#ports.monotonicMs() }
    if (wasThere) this.#ports.changed?.(why)
    return new ModuleAwayError(why)
  }

  #findSlot(): Handle {
    const { calls } = this.#driver
    const wanted = this.#place.tokenLabel
    const labels: string[] = []
    for (const slot of this.#asked(() => calls.C_GetSlotList(true), 'its slots')) {
      const label = this.#asked(() => calls.C_GetTokenInfo(slot).label.trim(), 'its tokens')
      if (label === wanted) return slot
      labels.push(label)
    }
    const there = labels.filter((label) => label !== '').join(', ') || 'none'
    throw new TokenError(`no token is called ${wanted}; there: ${there}`)
  }

  #logIn(): Handle {
    const { calls, numbers } = this.#driver
    const { CKF_RW_SESSION: writing, CKF_SERIAL_SESSION: serial } = numbers
    const session = this.#asked(
      () => calls.C_OpenSession(this.#slot, writing | serial),
      'a session',
    )
    try {
      calls.C_Login(session, numbers.CKU_USER, readUserPin(this.#place.userPin))
    } catch (error) {
      const fault = faultOf(error)
      if (fault === 'CKR_USER_ALREADY_LOGGED_IN') return session
      if (fault === undefined) throw error
      this.#isFinal ||= FINAL.has(fault)
      throw new TokenError(`the login to token ${this.#place.tokenLabel} is refused: ${fault}`)
    }
    return session
  }

  #asked<Result>(work: () => Result, what: string): Result {
    try {
      return work()
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      throw new TokenError(`the PKCS#11 library does not give ${what}: ${fault}`)
    }
  }

  #mustHaveMechanisms(): void {
    const list = this.#asked(
      () => this.#driver.calls.C_GetMechanismList(this.#slot),
      'its mechanisms',
    )
    const missing = MECHANISMS.filter((name) => !list.includes(this.#number(name)))
    if (missing.length === 0) return
    this.#closeSession()
    throw new TokenError(`token ${this.#place.tokenLabel} lacks ${missing.join(', ')}`)
  }

  /** With it go the objects of the session. */
  #closeSession(): void {
    try {
      this.#driver.calls.C_CloseSession(this.#session)
    } catch (error) {
      if (faultOf(error) === undefined) throw error
    }
  }
}

const SPARE_BYTES = 16
const WRAPPED_BYTES_MOST = 64
const AES_256_BYTES = 32
const GCM_TAG_BITS = 128
