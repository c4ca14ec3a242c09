// Keys that stay in the token for good: AES-256, sensitive, never extractable, with a label and a
// number. What is sealed names the number it is under, so several generations live side by side,
// and a rotation changes no setting. Nothing here removes one: backups are under the older ones.

import { TokenError } from './driver.ts'
import type { Attributes, Handle, Token } from './token.ts'

const NO_USE: Attributes = {
  CKA_ENCRYPT: false,
  CKA_DECRYPT: false,
  CKA_SIGN: false,
  CKA_VERIFY: false,
  CKA_WRAP: false,
  CKA_UNWRAP: false,
  CKA_DERIVE: false,
}

/** What every secret key here has, and no use. */
export const SECRET_KEY: Attributes = {
  CKA_CLASS: 'CKO_SECRET_KEY',
  CKA_PRIVATE: true,
  CKA_SENSITIVE: true,
  CKA_TOKEN: false,
  CKA_EXTRACTABLE: false,
  ...NO_USE,
}

export class NumberedKeys {
  readonly #token: Token
  readonly #label: string
  readonly #uses: Attributes
  readonly #found = new Map<number, Handle>()
  #session = 0

  /** `uses`: the attributes of what they may do. */
  constructor(token: Token, label: string, uses: Attributes) {
    this.#token = token
    this.#label = label
    this.#uses = uses
  }

  /** Undefined: the token has none of that number. */
  byNumber(number: number): Handle | undefined {
    this.#forgetOldSession()
    const known = this.#found.get(number)
    if (known !== undefined) return known
    const found = this.#token.find({ ...this.#named, CKA_ID: idOf(number) })
    if (found.length > 1) {
      throw new TokenError(`the token has ${found.length} keys ${this.#label} ${number}`)
    }
    const [handle] = found
    if (handle !== undefined) this.#found.set(number, handle)
    return handle
  }

  numbers(): number[] {
    const handles = this.#token.find(this.#named)
    const ids = handles.map((handle) => this.#token.attribute(handle, 'CKA_ID'))
    return ids.map(numberOf).sort((a, b) => a - b)
  }

  /** Must not be there yet. */
  make(number: number): Handle {
    this.#forgetOldSession()
    const handle = this.#token.generateAes({
      ...SECRET_KEY,
      ...this.#uses,
      CKA_KEY_TYPE: 'CKK_AES',
      CKA_TOKEN: true,
      CKA_LABEL: this.#label,
      CKA_ID: idOf(number),
    })
    this.#found.set(number, handle)
    return handle
  }

  /** One that was made for nothing. */
  remove(number: number): void {
    const handle = this.byNumber(number)
    if (handle !== undefined) this.#token.destroy(handle)
    this.#found.delete(number)
  }

  get #named(): Attributes {
    return { CKA_CLASS: 'CKO_SECRET_KEY', CKA_TOKEN: true, CKA_LABEL: this.#label }
  }

  #forgetOldSession(): void {
    if (this.#session === this.#token.sessions) return
    this.#session = this.#token.sessions
    this.#found.clear()
  }
}

const ID_BYTES = 4

function idOf(number: number): Buffer {
  const id = Buffer.alloc(ID_BYTES)
  id.writeUInt32BE(number)
  return id
}

function numberOf(id: Buffer): number {
  return id.length === ID_BYTES ? id.readUInt32BE() : 0
}
