// The messages of the codec's benchmark: a 0200 of 15 fields and its 0210 with a voucher, as a
// terminal and the switch write them, and the fields that a sale reads of a 0200.

import type { Fields } from '../../protocol/message/encode.ts'

export const REQUEST: Fields = {
  ...{ 3: '150000', 4: '000000050000', 7: '1126081500', 11: '004711', 12: '114500', 13: '1126' },
  ...{ 22: '021', 24: '001', 25: '14', 35: '6037990000000014=29121010000000000000' },
  ...{ 41: '10000001', 42: '000000000100001', 48: '093205 01', 49: '364', 60: '02010' },
}

export const REPLY: Fields = {
  ...{ 3: '150000', 4: '000000050000', 7: '1126081500', 11: '004711', 12: '114500', 13: '1126' },
  ...{ 24: '001', 25: '14', 37: '633000000042', 38: '123456', 39: '00', 41: '10000001' },
  ...{ 42: '000000000100001', 48: '093205 01', 49: '364' },
  62: '0111149320000000131749845961117',
}

/** Fifteen more fields, none of which a sale reads. */
export const LONG_REQUEST: Fields = {
  ...REQUEST,
  ...{ 14: '2912', 32: '581000', 33: '581000', 37: '633000000042', 38: '123456', 39: '00' },
  ...{ 43: 'A SHOP IN TEHRAN'.padEnd(40), 44: 'additional', 53: '0000000000000000' },
  ...{ 54: 'amounts'.repeat(10), 61: 'private '.repeat(20), 62: 'private '.repeat(20) },
  ...{ 63: 'more '.repeat(40), 52: '0123456789ABCDEF', 95: 'x'.repeat(42) },
}

/** What `terminal-gateway` asks a 0200 for. */
export const READ_BY_A_SALE = [3, 4, 7, 11, 12, 13, 22, 24, 25, 35, 41, 42, 48, 49, 60]
