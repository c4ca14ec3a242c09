// The forms in which a secret of digits, or of bytes, may lie in a file: as it is, grouped as
// receipts print it, packed, in hexadecimal, base64, UTF-16, in a URL, in Persian digits. A form
// shorter than six bytes would be found by chance and is left out.

const LEAST_BYTES = 6
const PERSIAN_ZERO = 0x06f0
const ARABIC_ZERO = 0x0660

export interface Form {
  readonly name: string
  readonly bytes: Buffer
}

export interface Canary {
  /** What it is, for the report: `voucher PIN 3`. */
  readonly name: string
  readonly forms: readonly Form[]
}

export function formsOfDigits(digits: string): Form[] {
  const text = Buffer.from(digits, 'latin1')
  const forms: [string, Buffer][] = [
    ['text', text],
    ['groups of 4', Buffer.from(grouped(digits, 4, ' '))],
    ['groups of 4 with dashes', Buffer.from(grouped(digits, 4, '-'))],
    ['groups of 5', Buffer.from(grouped(digits, 5, ' '))],
    ['groups of 5 with dashes', Buffer.from(grouped(digits, 5, '-'))],
    ['groups of 4 in UTF-16LE', Buffer.from(grouped(digits, 4, ' '), 'utf16le')],
    ['Persian digits', Buffer.from(otherDigits(digits, PERSIAN_ZERO))],
    ['Persian digits in groups of 4', Buffer.from(persianGroups(digits, 4))],
    ['Persian digits in groups of 5', Buffer.from(persianGroups(digits, 5))],
    ['Arabic digits', Buffer.from(otherDigits(digits, ARABIC_ZERO))],
    ...packed(digits),
    ...packed(digits).flatMap(([name, bytes]) => base64(bytes, `${name}, `)),
    ['packed digits, low nibble first', Buffer.from(nibblesTurned(digits), 'hex')],
    ...formsOfBytes(text).map(({ name, bytes }): [string, Buffer] => [name, bytes]),
  ]
  return unique(forms)
}

/** Of a password, or a token: any text. */
export function formsOfText(text: string): Form[] {
  return unique([
    ['text', Buffer.from(text)],
    ['URL', Buffer.from(encodeURIComponent(text))],
    ['form', Buffer.from(text.replaceAll(' ', '+'))],
    ...formsOfBytes(Buffer.from(text)).map(({ name, bytes }) => [name, bytes] as const),
  ])
}

/** Of a key, a PIN block or any other bytes. */
export function formsOfBytes(bytes: Buffer): Form[] {
  const text = bytes.toString('latin1')
  const hex = bytes.toString('hex')
  const url = [...bytes].map((byte) => `%${hexByte(byte)}`).join('')
  return unique([
    ['raw bytes', bytes],
    ['hexadecimal', Buffer.from(hex)],
    ['hexadecimal, upper case', Buffer.from(hex.toUpperCase())],
    ...base64(bytes),
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', Buffer.from(text, 'utf16le').swap16()],
    ['URL', Buffer.from(url)],
    ['URL, upper case', Buffer.from(url.toUpperCase())],
    ['hexadecimal in UTF-16LE', Buffer.from(hex, 'utf16le')],
    ['hexadecimal with colons', Buffer.from([...bytes].map(hexByte).join(':'))],
    ['hexadecimal in groups of 4', Buffer.from(grouped(hex, 4, ' '))],
    ['hexadecimal in groups of 4, upper case', Buffer.from(grouped(hex.toUpperCase(), 4, ' '))],
    ['hexadecimal with dashes', Buffer.from(grouped(hex, 4, '-'))],
    ['hexadecimal with dashes, upper case', Buffer.from(grouped(hex.toUpperCase(), 4, '-'))],
    ['list of numbers', Buffer.from([...bytes].join(','))],
    ...base64(Buffer.from(hex), 'hexadecimal, '),
  ])
}

function grouped(digits: string, size: number, between: string): string {
  return digits.replace(new RegExp(`(.{${size}})(?=.)`, 'g'), `$1${between}`)
}

function otherDigits(digits: string, zero: number): string {
  return digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
}

function persianGroups(digits: string, size: number): string {
  return otherDigits(grouped(digits, size, ' '), PERSIAN_ZERO)
}

/** As some telephones' records pack them; an odd last digit is left out. */
function nibblesTurned(digits: string): string {
  return digits.replace(/(.)(.)/g, '$2$1').slice(0, digits.length & ~1)
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
function base64(bytes: Buffer, prefix = ''): [string, Buffer][] {
  return [0, 1, 2].flatMap((before): [string, Buffer][] => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const from = [0, 2, 3][before] ?? 0
    const text = whole.replace(/=+$/, '').slice(from, before + bytes.length > 0 ? -1 : undefined)
    const url = text.replaceAll('+', '-').replaceAll('/', '_')
    return [
      [`${prefix}base64 at ${before}`, Buffer.from(text)],
      [`${prefix}base64url at ${before}`, Buffer.from(url)],
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
