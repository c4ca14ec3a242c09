// A 64-bit hash of a sequence of numbers and texts, in two halves: fast, the same on every machine,
// and good enough to tell states apart. Not a hash against anybody who means harm.

export class Digest {
  high = 0x9e3779b9
  low = 0x85ebca6b

  num(value: number): this {
    this.#mix(value | 0)
    // Milliseconds since 1970 do not fit 32 bits.
    if (value > 0x7fffffff || value < -0x80000000) this.#mix(Math.floor(value / 0x100000000))
    return this
  }

  flag(value: boolean): this {
    this.#mix(value ? 0x2b1 : 0x11f)
    return this
  }

  text(value: string | undefined): this {
    if (value === undefined) this.#mix(0x7a1e)
    else {
      this.#mix(value.length + 0x51ed)
      for (let at = 0; at < value.length; at++) this.#mix(value.charCodeAt(at))
    }
    return this
  }

  hex(): string {
    const text = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')
    return text(this.high) + text(this.low)
  }

  /** [MurmurHash3's steps, with a seed for each half] */
  #mix(value: number): void {
    let a = Math.imul(value, 0xcc9e2d51)
    a = (a << 15) | (a >>> 17)
    let high = this.high ^ Math.imul(a, 0x1b873593)
    high = (high << 13) | (high >>> 19)
    this.high = (Math.imul(high, 5) + 0xe6546b64) | 0
    let b = Math.imul(value ^ (value >>> 16), 0x239b961b)
    b = (b << 16) | (b >>> 16)
    let low = this.low ^ Math.imul(b, 0x38b34ae5)
    low = (low << 17) | (low >>> 15)
    this.low = (Math.imul(low + (this.high >>> 7), 0x9e3779b1) + 0x561ccd1b) | 0
  }
}
