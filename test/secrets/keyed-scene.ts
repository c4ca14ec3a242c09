// The part of the search that has keys: two officers with passwords, keys issued in parts by the
// command and loaded for the card host, terminals of both schemes that log on, sell with PINs and
// log on again, a DUKPT terminal, an institution's zone keys, and a revealed voucher. It gives the
// canaries of all of it: what was generated is known here from the files and from the store.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AdminClient, adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import { dukptPinKey } from '../../protocol/security/dukpt.ts'
import { macUnder } from '../../protocol/security/mac.ts'
import { pinDigits, writePinBlock } from '../../protocol/security/pin-block.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { CARDS, TRACK_REST } from './canaries.ts'
import type { Canary } from './forms.ts'
import { formsOfBytes, formsOfDigits, formsOfText } from './forms.ts'
import { canariesOfKeys, type KnownKey, keysInStore, partIn, privateNumber } from './known-keys.ts'
import { type Tap, tapLine } from './line-tap.ts'
import type { Program } from './program.ts'
import { saleFields, sendFrame } from './wild-frames.ts'

const MID = '000000000100001'
const TERMINALS = [
  { scheme: 'tdes', tid: '20000001' },
  { scheme: 'aes', tid: '20000002' },
] as const
const PRODUCT = '093205'
const CARD_PIN = '731337313371'
const KEY_SET = 'FFFF987654'
const SERIAL = 'FFFF9876540000E00003'
const PASSWORDS = {
  first: 'correct horse of the first officer',
  second: 'correct horse of the second officer',
  third: 'correct horse of the third officer',
}

export interface KeyedScenePorts {
  readonly root: string
  readonly kek: string
  readonly database: string
  readonly running: SwitchProcess
  readonly program: Program
  readonly tlsKey: string
}

export class KeyedScene {
  readonly #ports: KeyedScenePorts
  readonly #keys: KnownKey[] = []
  readonly #parts: string[] = []
  readonly #tokens: string[] = []
  readonly #derived: Buffer[] = []
  readonly #taps: Tap[] = []
  #first!: AdminClient
  #second!: AdminClient

  constructor(ports: KeyedScenePorts) {
    this.#ports = ports
  }

  /** Before the card host is started: its zone master key is loaded into both. */
  async officers(): Promise<void> {
    const { root, program } = this.#ports
    for (const [name, password] of Object.entries(PASSWORDS)) {
      writeFileSync(join(root, 'sources', `${name}.password`), `${password}\n`, { mode: 0o600 })
    }
    const role = ['--role', 'security-officer', '--role', 'administrator']
    await program.run('login-first', ['login', 'add', 'first', ...role, ...fileOf(root, 'first')])
    await this.#session('first')
    const wrong = ['login', 'session', 'first', ...fileOf(root, 'second')]
    await program.run('login-wrong', wrong, 5)
    await program.run(
      'login-second',
      ['login', 'add', 'second', ...role, ...fileOf(root, 'second')],
      0,
      this.#as('first'),
    )
    await this.#session('second')
    this.#first = await this.#client('first')
    this.#second = await this.#client('second')
    const third = ['login', 'add', 'third', '--role', 'viewer', ...fileOf(root, 'third')]
    await this.#together('login-third', third)
  }

  /** A file for the card host, put together from the parts that both sides were given. */
  async cardHostKey(name: string): Promise<string> {
    const { root } = this.#ports
    const issue = ['key', 'issue', '--card-host', name, '--scheme', 'aes', '--parts', '2']
    const [one = '', two = ''] = await this.#issued(`host-${name}`, issue, 2)
    const load = ['key', 'load', '--card-host', name, '--scheme', 'aes', '--part', one]
    await this.#together('key-load', [...load, '--part', two])
    const wrong = [...load, '--part', one]
    await this.#together('key-load-wrong', wrong, 2)
    return this.#keyFile(root, `host-${name}`, 'aes', [one, two])
  }

  async sell(): Promise<void> {
    const { root, program, running } = this.#ports
    mkdirSync(join(root, 'terminals'))
    writeFileSync(join(root, 'sources', 'card.pin'), `${CARD_PIN}\n`, { mode: 0o600 })
    for (const { scheme, tid } of TERMINALS) {
      const add = ['terminal', 'add', '--tid', tid, '--mid', MID, '--scheme', scheme]
      await program.run(`terminal-${scheme}`, add)
      const issue = ['key', 'issue', '--tid', tid, '--mid', MID, '--scheme', scheme]
      const parts = await this.#issued(`terminal-${scheme}`, issue, 3)
      const keyFile = this.#keyFile(root, `terminal-${scheme}`, scheme, parts)
      const tap = await tapLine({
        ...{ dialect: DIALECTS.iso87binary, length: 'binary2', tpduBytes: 5 },
        target: () => running.port(scheme) ?? 0,
      })
      this.#taps.push(tap)
      const store = join(root, 'terminals', `${tid}.json`)
      const line = ['--port', String(tap.port), '--tid', tid, '--mid', MID, '--lang', 'en']
      const own = [...line, '--serial-number', `CANARY${tid}`, '--key-file', keyFile]
      const pos = (name: string, words: readonly string[], exit = 0) =>
        program.run(`pos-${scheme}-${name}`, ['pos', ...words, ...own, '--store', store], exit)
      await pos('logon', ['logon'])
      this.look()
      const sell = ['sell', '--product', PRODUCT, '--json']
      const track = `${CARDS[0]}=${TRACK_REST}`
      const withPin = ['--card-pin-file', join(root, 'sources', 'card.pin')]
      await pos('sell', [...sell, '--track2', track, ...withPin])
      await pos('reprint', ['reprint', '--track2', track, '--json'])
      await pos('again', ['logon'])
      this.look()
      await pos('sell-again', [...sell, '--card', `${CARDS[1]}=2912`, ...withPin])
    }
    await this.#dukpt()
    await this.#institution()
    await this.#reveal()
    this.look()
  }

  /** Keys that are in the store now. */
  look(): void {
    this.#keys.push(...keysInStore(this.#ports.kek, this.#ports.database))
  }

  /** `more`: PIN blocks that were seen elsewhere. */
  canaries(more: readonly string[]): Canary[] {
    const blocks = [...this.#taps.flatMap(({ pinBlocks }) => pinBlocks), ...more]
    if (blocks.length < 6) throw new Error(`${blocks.length} PIN blocks were seen`)
    const of = (kind: string, values: readonly Buffer[]) =>
      values.map((bytes, n) => ({ name: `${kind} ${n + 1}`, forms: formsOfBytes(bytes) }))
    const hex = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'hex'))
    return [
      ...canariesOfKeys(this.#keys),
      ...of('key part', hex(this.#parts)),
      ...of('entered PIN block', hex(blocks)),
      ...of('derived DUKPT key', this.#derived),
      { name: 'cardholder PIN', forms: formsOfDigits(CARD_PIN) },
      { name: 'TLS private key', forms: formsOfBytes(privateNumber(this.#ports.tlsKey)) },
      ...Object.entries(PASSWORDS).map(([name, password]) => ({
        name: `password of ${name}`,
        forms: formsOfText(password),
      })),
      ...this.#tokens.map((token, n) => ({
        name: `session token ${n + 1}`,
        forms: formsOfText(token),
      })),
    ]
  }

  async stop(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.stop()))
  }

  /** A sale with a PIN under a derived key: no terminal software of ours does that. */
  async #dukpt(): Promise<void> {
    const { running } = this.#ports
    await this.#issued('dukpt', ['key', 'issue', '--dukpt-key-set', KEY_SET, '--scheme', 'tdes'], 3)
    this.look()
    const base = this.#key(`dukpt/${KEY_SET}`, 'dukpt-base')
    const pinKey = dukptPinKey(base, SERIAL)
    const cardPin = CardPin.parse(CARD_PIN)
    if (isReason(pinKey) || isReason(cardPin)) throw new Error('a DUKPT key is derived')
    this.#derived.push(Buffer.from(pinKey))
    const [card = ''] = CARDS
    const block = writePinBlock('tdes', pinKey, pinDigits(cardPin), card, randomBytes)
    const { tid } = TERMINALS[0]
    const tdes = this.#keys.filter(({ use, scheme }) => use === 'mac' && scheme === 'tdes')
    const mac = macUnder('tdes', tdes.at(-1)?.bytes ?? Buffer.alloc(16))
    const fields = saleFields({ tid, mid: MID }, 900_101, {
      ...{ 48: `${PRODUCT} 01`, 52: block, 60: `0820${SERIAL}` },
    })
    const wire = encodeWithMac(DIALECTS.iso87binary, '0200', fields, mac)
    const tap = await tapLine({
      ...{ dialect: DIALECTS.iso87binary, length: 'binary2', tpduBytes: 5 },
      target: () => running.port('tdes') ?? 0,
    })
    this.#taps.push(tap)
    await sendFrame(tap.port, wire)
  }

  async #institution(): Promise<void> {
    const { program } = this.#ports
    const issue = ['key', 'issue', '--listener', 'bank', '--scheme', 'tdes']
    await this.#issued('bank', issue, 3)
    await program.run('key-list', ['key', 'list', '--json'], 0, this.#as('first'))
    await this.#together('key-zone', ['key', 'zone', '--listener', 'bank'])
  }

  /** Two persons see a sold PIN, and the first gives his password again: it is printed. */
  async #reveal(): Promise<void> {
    const { sales } = await this.#first.sales({ limit: 1_000 })
    const sold = sales.find(({ state }) => state === 'sold')
    const [voucher] = await this.#first.vouchers({ sale: sold?.id })
    if (voucher === undefined) throw new Error('nothing was sold')
    const words = ['voucher', 'reveal', String(voucher.id), ...fileOf(this.#ports.root, 'first')]
    await this.#together('reveal', words)
  }

  #key(owner: string, use: string): Buffer {
    const found = this.#keys.find((key) => key.owner === owner && key.use === use)
    if (found === undefined) throw new Error(`there is no ${use} key of ${owner}`)
    return found.bytes
  }

  /** The files of the parts, which are the only place where parts may stand. */
  async #issued(name: string, words: readonly string[], parts: number): Promise<string[]> {
    const folder = join(this.#ports.root, 'parts', name)
    await this.#together(`issue-${name}`, [...words, '--out', folder], 0)
    const files = readdirSync(folder)
      .sort()
      .map((file) => join(folder, file))
    if (files.length !== parts) throw new Error(`${files.length} parts of ${name}`)
    this.#parts.push(...files.map(partIn))
    return files
  }

  #keyFile(root: string, name: string, scheme: string, parts: readonly string[]): string {
    const file = join(root, 'sources', `${name}.key`)
    const lines = parts.flatMap((part) => readFileSync(part, 'utf8').match(/^part .*$/m) ?? [])
    writeFileSync(file, `scheme ${scheme}\n${lines.join('\n')}\n`, { mode: 0o600 })
    return file
  }

  /** Asked by the first, approved by the second, and asked again. */
  async #together(name: string, words: readonly string[], exit = 0): Promise<void> {
    const { program } = this.#ports
    await program.run(`${name}-asked`, words, 5, this.#as('first'))
    for (const { id, state } of await this.#second.approvals()) {
      if (state === 'pending') await this.#second.decideApproval(id, { approve: true })
    }
    await program.run(name, words, exit, this.#as('first'))
  }

  async #session(name: keyof typeof PASSWORDS): Promise<void> {
    const { root, program } = this.#ports
    const words = ['login', 'session', name, ...fileOf(root, name)]
    const as = this.#as(name)
    await program.run(`session-${name}`, words, 0, as)
    this.#tokens.push(readFileSync(as.EVS_SESSION_FILE, 'utf8').trim())
  }

  #as(name: string): { readonly EVS_SESSION_FILE: string } {
    return { EVS_SESSION_FILE: join(this.#ports.root, 'sources', `${name}.session`) }
  }

  async #client(name: keyof typeof PASSWORDS): Promise<AdminClient> {
    const transport = socketTransport(this.#ports.running.ready?.admin.socket ?? '')
    const { token } = await adminClient(transport, 'secrets run').openSession({
      ...{ name, password: PASSWORDS[name] },
    })
    this.#tokens.push(token)
    return adminClient(transport, 'secrets run', token)
  }
}

function fileOf(root: string, name: string): string[] {
  return ['--password-file', join(root, 'sources', `${name}.password`)]
}
