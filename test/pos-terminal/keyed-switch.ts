// The scripted switch with keys, and a terminal that holds the master key: it answers logons with
// fresh keys, 97 before one and 63 to a wrong MAC, and seals what the script answers.

import { TerminalEngine } from '../../pos-terminal/engine.ts'
import { KeyedTerminal } from '../../pos-terminal/keyed-terminal.ts'
import type { TerminalStore } from '../../pos-terminal/store.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../protocol/message/mac-input.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import {
  type Heard,
  PIN_1,
  type Script,
  type Scripted,
  SETTINGS,
  sure,
  terminal,
} from './scripted-switch.ts'

export const TMK = {
  tdes: 'B0D02CE325768F75F7D007A29E108CCE',
  aes: '463708B982D0FC4FD840749EA0068018',
}
/** An answer that names DE 64 goes out without a MAC. */
export const NO_MAC = { 64: '' }

interface SessionSet {
  readonly mac: Key
  readonly pinKey: Key
  readonly data: Key
}

/** What a terminal of this scheme, and the switch's side of its keys, know. */
export class SwitchKeys {
  readonly module = newModule()
  readonly scheme: KeyScheme
  readonly #master: Key
  current: SessionSet | undefined

  constructor(scheme: KeyScheme) {
    this.scheme = scheme
    this.#master = keyIn(this.module, 'master', scheme, TMK[scheme])
  }

  /** A terminal process that starts: all it has is its master key and its state. */
  terminalKeys(store: TerminalStore, hex = TMK[this.scheme]): KeyedTerminal {
    const module = newModule()
    return new KeyedTerminal(module, keyIn(module, 'master', this.scheme, hex), store)
  }

  /** DE 62 of a logon; the new keys are in force. */
  logon(): string {
    const { module, scheme } = this
    const set = {
      mac: module.generate('mac', scheme),
      pinKey: module.generate('pin', scheme),
      data: module.generate('data', scheme),
    }
    this.current = set
    const keys = [set.mac, set.pinKey, set.data]
    return keys.map((key) => module.exportUnder(this.#master, key)).join('')
  }

  isRight({ message }: Heard): boolean {
    const input = macInput(message)
    const mac = Buffer.from(message.get(message.numbers().at(-1) ?? 0) ?? '', 'hex')
    const key = this.current?.mac
    return key !== undefined && input !== undefined && this.module.verifiesMac(key, input, mac)
  }

  seal(mti: string, fields: Fields): Buffer {
    const key = sure(this.current).mac
    return encodeWithMac(DIALECTS.iso87binary, mti, fields, (input) => this.module.mac(key, input))
  }

  /** DE 62 with one voucher under the data key. */
  voucherField(digits = PIN_1): string {
    const voucherPin = good(VoucherPin.parse(digits))
    const field = this.module.encipherVoucherPin(sure(this.current).data, voucherPin)
    return `0107${field.length}SN90001${field}`
  }
}

export function isLogon({ mti, fields }: Heard): boolean {
  return mti === '0800' && fields[3] === '920000'
}

/** A terminal with keys before a switch that has them; `script` sees no logon. */
export function keyed(scheme: KeyScheme, script: (keys: SwitchKeys) => Script) {
  const keys = new SwitchKeys(scheme)
  const business = script(keys)
  const logons: { answer: Scripted | undefined } = { answer: undefined }
  let index = 0
  const rig = terminal((heard) => {
    if (isLogon(heard)) return logons.answer ?? { 39: '00', 62: keys.logon(), ...NO_MAC }
    if (keys.current === undefined) return { 39: '97', ...NO_MAC }
    if (!keys.isRight(heard)) return { 39: '63', ...NO_MAC }
    const answer = business(heard, index)
    index += 1
    return answer
  })
  rig.peer.seal = (mti, fields) => keys.seal(mti, fields)
  const warnings: string[] = []
  const start = (terminalKeys = keys.terminalKeys(rig.store)) =>
    new TerminalEngine({
      settings: { ...SETTINGS, serialNumber: 'PX7-0099812' },
      timers: rig.timers,
      connect: rig.peer.connect,
      store: rig.store,
      printer: rig.printer,
      tpdu: Buffer.from('6000010000', 'hex'),
      keys: terminalKeys,
      warn: (text) => warnings.push(text),
    })
  return { ...rig, keys, logons, warnings, start, engine: start() }
}

/** MTI, and what a network message asks for. */
export function said(heard: readonly Heard[]): string[] {
  return heard.map((one) => (isLogon(one) ? 'logon' : one.mti))
}

/** Sells one voucher and accepts everything else. */
export const sells =
  (keys: SwitchKeys): Script =>
  ({ mti }) =>
    mti === '0200' || mti === '0201' || mti === '0100'
      ? { 38: '004711', 39: '00', 62: keys.voucherField() }
      : { 39: '00' }
