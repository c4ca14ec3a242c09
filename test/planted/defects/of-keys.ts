// Defects of the keys of terminals: which MACs are looked at, which set is in force and since when,
// and what goes out under which keys.

import { type Defect, defect } from './defect.ts'

const DESK = 'terminal-gateway/key-desk.ts'
const SALE = 'terminal-gateway/handlers/sale.ts'
const WRITER = 'voucher-store/writer/write-keys.ts'

const OTHER_SCHEME = '      set?.scheme === scheme &&\n'
const ACTIVATED = '    keys.active = pending\n    keys.pending = undefined\n'

/** Messages for which the MAC is not looked at: whoever sends them has the active set. */
function unchecked(name: string, ofThese: string): Defect {
  const put = `      (set !== undefined && ${ofThese}) ||\n${OTHER_SCHEME}`
  return defect(name, DESK, OTHER_SCHEME, put)
}

export const OF_KEYS: readonly Defect[] = [
  unchecked('the MAC of a repeat is not checked', "message.mti === '0201'"),
  unchecked('the MAC of a reversal is not checked', "message.mti.startsWith('04')"),
  unchecked('the MAC of a confirmation is not checked', "message.mti.startsWith('022')"),
  unchecked('the MAC of an inquiry is not checked', "message.mti === '0100'"),
  defect(
    'a message without a MAC passes',
    'protocol/message/mac-input.ts',
    '  if (macOffset < 0) return false\n',
    '  if (macOffset < 0) return true\n',
  ),
  defect(
    'half of a MAC is enough',
    'protocol/security/mac.ts',
    'timingSafeEqual(expected, mac)',
    'timingSafeEqual(expected.subarray(0, 4), mac.subarray(0, 4))',
  ),
  {
    name: 'the set before the active one is taken for ever',
    edits: [
      {
        file: DESK,
        find: 'interface Opened {\n',
        put: 'interface Opened {\n  older?: SessionKeys\n',
      },
      {
        file: DESK,
        find: '    if (!verifies(pending)) {\n',
        put:
          '    if (verifies(keys.older)) return keys.older\n' + '    if (!verifies(pending)) {\n',
      },
      {
        file: DESK,
        find: ACTIVATED,
        put: `    if (active !== undefined) keys.older = active\n${ACTIVATED}`,
      },
    ],
  },
  defect('a new set never becomes the active one', DESK, ACTIVATED, ''),
  defect(
    'an activation is not written',
    DESK,
    '    this.#note(owner, keys, { set: pending, isReplaced: this.#writing.has(owner) })\n',
    '',
  ),
  defect('an activation loses the set', WRITER, '    this.#activate.run(owner, generation)\n', ''),
  defect(
    'a logon is answered before its set is durable',
    DESK,
    'const isWritten = await store.putPending(owner, sealed, keys.under)',
    'const isWritten = store.putPending(owner, sealed, keys.under) !== undefined',
  ),
  defect(
    'a logon ends the set in force',
    DESK,
    '    keys.pending = set\n',
    '    keys.active = set\n',
  ),
  defect(
    'the numbers of sets begin anew at a start',
    DESK,
    '      ...{ serialNumber, generation: newestOf(stored) },',
    '      ...{ serialNumber, generation: 0 },',
  ),
  defect(
    'a start takes the waiting set for the active one',
    DESK,
    '      active: opened(active),\n      pending: opened(pending),\n',
    '      active: opened(pending ?? active),\n      pending: undefined,\n',
  ),
  defect(
    'a start forgets the waiting set',
    DESK,
    '      pending: opened(pending),\n',
    '      pending: undefined,\n',
  ),
  defect(
    'a device is not bound by its first keys',
    DESK,
    '    keys.serialNumber ??= pending.serialNumber\n',
    '',
  ),
  defect(
    'PINs go in clear to a terminal with keys',
    SALE,
    'voucherField(answer.vouchers, keys)',
    'voucherField(answer.vouchers, undefined && keys)',
  ),
  defect(
    'answers to a terminal with keys have no MAC',
    'terminal-gateway/session.ts',
    'encodeWithMac(dialect, mti, fields, compute)',
    'encodeWithMac(dialect, mti, fields, undefined && compute)',
  ),
  defect(
    'a wrong MAC is answered 58',
    'terminal-gateway/sender.ts',
    "responseCode: isBlocked ? '58' : '63' }",
    "responseCode: isBlocked ? '58' : '58' }",
  ),
  defect(
    'a logon confirms a sale',
    'terminal-gateway/session.ts',
    'if (isBelieved) confirmPrinted(',
    'confirmPrinted(',
  ),
  defect(
    'a repeat of before the logon is taken for a new sale',
    SALE,
    'isRepeat && isFromBeforeLogon(message, keys, gateway.timers.wallMs()),',
    'isRepeat && isFromBeforeLogon(message, undefined && keys, 0),',
  ),
  defect(
    'the keys of a logon come in another order',
    DESK,
    '[set.macKey, set.pinKey, set.dataKey]',
    '[set.macKey, set.dataKey, set.pinKey]',
  ),
  {
    name: 'every logon gets the same data key',
    edits: [
      {
        file: 'terminal-gateway/session-keys.ts',
        find: "dataKey: module.generate('data', scheme)",
        put: "dataKey: (kept.data ??= module.generate('data', scheme))",
      },
      {
        file: 'terminal-gateway/session-keys.ts',
        find: 'export function newSessionKeys(',
        put: 'const kept: { data?: Key } = {}\n\nexport function newSessionKeys(',
      },
    ],
  },
]
