// The data elements of ISO 8583:1987, 2 to 128, as stock clients of this field ship them. The one
// table under all dialects; what differs between dialects is in `dialect.ts`.
// [wire-protocol 1] DE 65 is not defined here; DE 1 is a bit of the bitmap, not a field.

import type { Charset, FieldFormat, FieldSpec, Secrecy } from './field-spec.ts'

const ROWS: Readonly<Record<number, FieldSpec>> = {
  2: ll('n', 19, 'Primary account number (PAN)', 'pan'),
  3: fixed('n', 6, 'Processing code'),
  4: fixed('n', 12, 'Amount, transaction'),
  5: fixed('n', 12, 'Amount, settlement'),
  6: fixed('n', 12, 'Amount, cardholder billing'),
  7: fixed('n', 10, 'Transmission date and time'),
  8: fixed('n', 8, 'Amount, cardholder billing fee'),
  9: fixed('n', 8, 'Conversion rate, settlement'),
  10: fixed('n', 8, 'Conversion rate, cardholder billing'),
  11: fixed('n', 6, 'Systems trace audit number (STAN)'),
  12: fixed('n', 6, 'Time, local transaction'),
  13: fixed('n', 4, 'Date, local transaction'),
  14: fixed('n', 4, 'Date, expiration'),
  15: fixed('n', 4, 'Date, settlement'),
  16: fixed('n', 4, 'Date, conversion'),
  17: fixed('n', 4, 'Date, capture'),
  18: fixed('n', 4, 'Merchant type'),
  19: fixed('n', 3, 'Acquiring institution country code'),
  20: fixed('n', 3, 'Primary account number extended, country code'),
  21: fixed('n', 3, 'Forwarding institution country code'),
  22: fixed('n', 3, 'Point of service entry mode'),
  23: fixed('n', 3, 'Card sequence number'),
  24: fixed('n', 3, 'Network international identifier (NII)'),
  25: fixed('n', 2, 'Point of service condition code'),
  26: fixed('n', 2, 'Point of service PIN capture code'),
  27: fixed('n', 1, 'Authorization identification response length'),
  28: fixed('xn', 9, 'Amount, transaction fee'),
  29: fixed('xn', 9, 'Amount, settlement fee'),
  30: fixed('xn', 9, 'Amount, transaction processing fee'),
  31: fixed('xn', 9, 'Amount, settlement processing fee'),
  32: ll('n', 11, 'Acquiring institution identification code'),
  33: ll('n', 11, 'Forwarding institution identification code'),
  34: ll('ans', 28, 'Primary account number, extended', 'secret'),
  35: ll('z', 37, 'Track 2 data', 'track'),
  36: lll('ans', 104, 'Track 3 data', 'track'),
  37: fixed('an', 12, 'Retrieval reference number (RRN)'),
  38: fixed('an', 6, 'Authorization identification response'),
  39: fixed('an', 2, 'Response code (RC)'),
  40: fixed('an', 3, 'Service restriction code'),
  41: fixed('ans', 8, 'Card acceptor terminal identification (TID)'),
  42: fixed('ans', 15, 'Card acceptor identification code (MID)'),
  43: fixed('ans', 40, 'Card acceptor name and location'),
  44: ll('ans', 25, 'Additional response data'),
  45: ll('ans', 76, 'Track 1 data', 'track'),
  46: lll('ans', 999, 'Additional data, ISO', 'secret'),
  47: lll('ans', 999, 'Additional data, national', 'secret'),
  48: lll('ans', 999, 'Additional data, private'),
  49: fixed('an', 3, 'Currency code, transaction'),
  50: fixed('an', 3, 'Currency code, settlement'),
  51: fixed('an', 3, 'Currency code, cardholder billing'),
  52: fixed('b', 8, 'Personal identification number (PIN) data', 'secret'),
  53: fixed('n', 16, 'Security related control information'),
  54: lll('ans', 120, 'Additional amounts', 'secret'),
  55: lll('b', 999, 'Integrated circuit card data', 'secret'),
  56: lll('ans', 999, 'Reserved for ISO use', 'secret'),
  57: lll('ans', 999, 'Reserved for national use', 'secret'),
  58: lll('ans', 999, 'Reserved for national use', 'secret'),
  59: lll('ans', 999, 'Reserved for national use', 'secret'),
  60: lll('ans', 999, 'Terminal status (reserved for private use)'),
  61: lll('ans', 999, 'PIN block of format 4 (reserved for private use)', 'secret'),
  62: lll('ans', 999, 'Vouchers, keys, catalogue (private use)', 'secret', 'utf8 in 0810'),
  63: lll('ans', 999, 'Receipt lines (reserved for private use)', 'public', 'utf8'),
  64: mac('Message authentication code (MAC)'),
  66: fixed('n', 1, 'Settlement code'),
  67: fixed('n', 2, 'Extended payment code'),
  68: fixed('n', 3, 'Receiving institution country code'),
  69: fixed('n', 3, 'Settlement institution country code'),
  70: fixed('n', 3, 'Network management information code'),
  71: fixed('n', 4, 'Message number'),
  72: fixed('n', 4, 'Message number, last'),
  73: fixed('n', 6, 'Date, action'),
  74: fixed('n', 10, 'Credits, number'),
  75: fixed('n', 10, 'Credits, reversal number'),
  76: fixed('n', 10, 'Debits, number'),
  77: fixed('n', 10, 'Debits, reversal number'),
  78: fixed('n', 10, 'Transfer, number'),
  79: fixed('n', 10, 'Transfer, reversal number'),
  80: fixed('n', 10, 'Inquiries, number'),
  81: fixed('n', 10, 'Authorizations, number'),
  82: fixed('n', 12, 'Credits, processing fee amount'),
  83: fixed('n', 12, 'Credits, transaction fee amount'),
  84: fixed('n', 12, 'Debits, processing fee amount'),
  85: fixed('n', 12, 'Debits, transaction fee amount'),
  86: fixed('n', 16, 'Credits, amount'),
  87: fixed('n', 16, 'Credits, reversal amount'),
  88: fixed('n', 16, 'Debits, amount'),
  89: fixed('n', 16, 'Debits, reversal amount'),
  90: fixed('n', 42, 'Original data elements'),
  91: fixed('an', 1, 'File update code'),
  92: fixed('an', 2, 'File security code', 'secret'),
  93: fixed('an', 5, 'Response indicator'),
  94: fixed('an', 7, 'Service indicator'),
  95: fixed('an', 42, 'Replacement amounts'),
  96: fixed('b', 8, 'Message security code', 'secret'),
  97: fixed('xn', 17, 'Amount, net settlement'),
  98: fixed('ans', 25, 'Payee'),
  99: ll('n', 11, 'Settlement institution identification code'),
  100: ll('n', 11, 'Receiving institution identification code'),
  101: ll('ans', 17, 'File name'),
  102: ll('ans', 28, 'Account identification 1', 'secret'),
  103: ll('ans', 28, 'Account identification 2', 'secret'),
  104: lll('ans', 100, 'Transaction description', 'secret'),
  ...reserved(105, 111, 'Reserved for ISO use'),
  ...reserved(112, 119, 'Reserved for national use'),
  ...reserved(120, 127, 'Reserved for private use'),
  128: mac('Message authentication code (MAC)'),
}

/** Index = number of the data element. */
export const FIELDS_1987: ReadonlyArray<FieldSpec | undefined> = Array.from(
  { length: 129 },
  (_, de) => ROWS[de],
)

function fixed(format: FieldFormat, length: number, name: string, secrecy?: Secrecy): FieldSpec {
  return row({ name, format, length, lengthDigits: 0, secrecy })
}

function ll(format: FieldFormat, length: number, name: string, secrecy?: Secrecy): FieldSpec {
  return row({ name, format, length, lengthDigits: 2, secrecy })
}

function lll(
  format: FieldFormat,
  length: number,
  name: string,
  secrecy?: Secrecy,
  charset?: Charset,
): FieldSpec {
  return row({ name, format, length, lengthDigits: 3, secrecy, charset })
}

function mac(name: string): FieldSpec {
  return row({ name, format: 'b', length: 8, lengthDigits: 0, secrecy: 'secret', mac: true })
}

/** Nobody says what these hold, so nothing of them is shown. */
function reserved(first: number, last: number, name: string): Record<number, FieldSpec> {
  const rows: Record<number, FieldSpec> = {}
  for (let de = first; de <= last; de++) rows[de] = lll('ans', 999, name, 'secret')
  return rows
}

/** Every row has every member in the same order, which keeps the codec's reads fast. */
function row(given: {
  name: string
  format: FieldFormat
  length: number
  lengthDigits: 0 | 2 | 3
  secrecy?: Secrecy | undefined
  charset?: Charset | undefined
  mac?: boolean
}): FieldSpec {
  return {
    name: given.name,
    format: given.format,
    length: given.length,
    lengthDigits: given.lengthDigits,
    charset: given.charset ?? 'ascii',
    secrecy: given.secrecy ?? 'public',
    mac: given.mac ?? false,
  }
}
