// Nonces of AES-GCM, many drawn at once: asking the system for twelve bytes costs as much as
// enciphering a card number with them. Each is given out once; a nonce is no secret, so those that
// wait lose nothing. Who seals often owns one of these.

import { randomBytes } from 'node:crypto'

export const NONCE_BYTES = 12
const DRAWN_AT_ONCE = 256

export class Nonces {
  #drawn = Buffer.alloc(0)
  #at = 0

  next(): Buffer {
    if (this.#at >= this.#drawn.length) {
      this.#drawn = randomBytes(NONCE_BYTES * DRAWN_AT_ONCE)
      this.#at = 0
    }
    this.#at += NONCE_BYTES
    return this.#drawn.subarray(this.#at - NONCE_BYTES, this.#at)
  }
}
