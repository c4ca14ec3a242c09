// Finds any of many thousand byte strings in one pass: the first four bytes at each place are
// looked up, and only where they begin a form is that form compared. So the image of a process, of
// some hundred megabytes, is searched for all forms of all secrets in seconds.

import type { Canary } from './forms.ts'

export interface Match {
  readonly canary: string
  readonly form: string
  readonly at: number
}

interface Pattern {
  readonly canary: string
  readonly form: string
  readonly bytes: Buffer
}

const HEAD_BYTES = 4
const SLOT_BITS = 22

export class Matcher {
  readonly longest: number
  readonly #byHead = new Map<number, Pattern[]>()
  /** Which slots any head falls into: most places end here. */
  readonly #slots = new Uint8Array(1 << SLOT_BITS)

  constructor(canaries: readonly Canary[]) {
    let longest = 0
    for (const { name, forms } of canaries) {
      for (const { name: form, bytes } of forms) {
        const head = bytes.readUInt32BE(0)
        const others = this.#byHead.get(head) ?? []
        others.push({ canary: name, form, bytes })
        this.#byHead.set(head, others)
        this.#slots[slotOf(head)] = 1
        longest = Math.max(longest, bytes.length)
      }
    }
    this.longest = longest
  }

  /** Every place of every form. */
  find(bytes: Uint8Array, found: (match: Match) => void): void {
    const slots = this.#slots
    let head = 0
    for (let end = 0; end < bytes.length; end++) {
      head = ((head << 8) | (bytes[end] as number)) >>> 0
      if (slots[slotOf(head)] === 0 || end < HEAD_BYTES - 1) continue
      const at = end - HEAD_BYTES + 1
      for (const { canary, form, bytes: wanted } of this.#byHead.get(head) ?? []) {
        if (isAt(bytes, at, wanted)) found({ canary, form, at })
      }
    }
  }
}

function slotOf(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> (32 - SLOT_BITS)
}

function isAt(bytes: Uint8Array, at: number, wanted: Buffer): boolean {
  if (at + wanted.length > bytes.length) return false
  for (let i = HEAD_BYTES; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}
