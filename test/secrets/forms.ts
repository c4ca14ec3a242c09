// The forms in which a secret of digits, or of bytes, may lie in a file: as it is, grouped as
// receipts print it, packed, in hexadecimal, base64, UTF-16, in a URL, in Persian digits. A form
// shorter than six bytes would be found by chance and is left out.

const LEAST_BYTES = 6

export interface Form {
  readonly name: string
  readonly bytes: Buffer
}

export function formsOfDigits(digits: string): Form[] {
  const text = Buffer.from(digits, 'latin1')
  const forms: [string, Buffer][] = [
    ['text', text],
    ['groups of 4', Buffer.from(grouped(digits, 4, ' '))],
    ['groups of 4 with dashes', Buffer.from(grouped(digits, 4, '-'))],
    ['groups of 5', Buffer.from(grouped(digits, 5, ' '))],
    ['Persian digits', Buffer.from(persian(digits))],
    ...packed(digits),
    ...formsOfBytes(text).map(({ name, bytes }): [string, Buffer] => [name, bytes]),
  ]
  return unique(forms)
}

/** Of a key, a PIN block or any other bytes. */
export function formsOfBytes(bytes: Buffer): Form[] {
  const text = bytes.toString('latin1')
  return unique([
    ['raw bytes', bytes],
    ['hexadecimal', Buffer.from(bytes.toString('hex'))],
    ['hexadecimal, upper case', Buffer.from(bytes.toString('hex').toUpperCase())],
    ...base64(bytes),
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', Buffer.from(text, 'utf16le').swap16()],
    ['URL', Buffer.from([...bytes].map((byte) => `%${hexByte(byte)}`).join(''))],
  ])
}

function grouped(digits: string, size: number, between: string): string {
  return digits.replace(new RegExp(`(.{${size}})(?=.)`, 'g'), `$1${between}`)
}

function persian(digits: string): string {
  return digits.replace(/\d/g, (digit) => String.fromCodePoint(0x06f0 + Number(digit)))
}

/** Two digits a byte, from either nibble; what pads the last or the first is anybody's choice. */
function packed(digits: string): [string, Buffer][] {
  const even = digits.length % 2 === 0 ? digits : digits.slice(0, -1)
  const odd = digits.slice(1, digits.length % 2 === 0 ? -1 : undefined)
  return [
    ['packed digits', Buffer.from(even, 'hex')],
    ['packed digits, from the second nibble', Buffer.from(odd, 'hex')],
  ]
}

/** At each of the places in a group of three bytes: the characters that depend on no others. */
function base64(bytes: Buffer): [string, Buffer][] {
  return [0, 1, 2].flatMap((before): [string, Buffer][] => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const from = [0, 2, 3][before] ?? 0
    const text = whole.replace(/=+$/, '').slice(from, before + bytes.length > 0 ? -1 : undefined)
    const url = text.replaceAll('+', '-').replaceAll('/', '_')
    return [
      [`base64 at ${before}`, Buffer.from(text)],
      [`base64url at ${before}`, Buffer.from(url)],
    ]
  })
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function unique(forms: readonly (readonly [string, Buffer])[]): Form[] {
  const seen = new Set<string>()
  return forms.flatMap(([name, bytes]) => {
    const key = bytes.toString('latin1')
    if (bytes.length < LEAST_BYTES || seen.has(key)) return []
    seen.add(key)
    return [{ name, bytes }]
  })
}
