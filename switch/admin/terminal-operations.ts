// Merchants and terminals. A change is durable before the running switch is told to read it again,
// so that what it sells by is always what the journal says. Lists are long and are read on a report
// thread; a list that registers many goes through the writer in chunks, beside the sales.

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { RegistrationRequest, TerminalChange } from '../../admin-api/terminal-schemas.ts'
import { tehranTime } from '../../protocol/values/moment.ts'
import {
  addMerchant,
  type By,
  changeMerchant,
  findMerchant,
  type MerchantKey,
  merchantDetail,
  setCommission,
} from '../../voucher-store/admin/merchants.ts'
import { dayNumber } from '../../voucher-store/admin/shown.ts'
import {
  addTerminal,
  changeTerminal,
  findTerminal,
  replaceTerminal,
  settingsOf,
  type TerminalKey,
  terminalDetail,
} from '../../voucher-store/admin/terminals.ts'
import { merchantList } from '../../voucher-store/registration/merchant-list.ts'
import { register } from '../../voucher-store/registration/register.ts'
import type { RegistrationKind } from '../../voucher-store/registration/registration-kind.ts'
import { terminalList } from '../../voucher-store/registration/terminal-list.ts'
import { settingsProblem } from '../../voucher-store/registration/terminal-settings.ts'
import { ownerKeys } from './key-operations.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type MerchantOperations = Pick<
  AdminOperations,
  'merchants' | 'merchant' | 'addMerchant' | 'changeMerchant' | 'setCommission' | 'importMerchants'
>
type TerminalOperations = Pick<
  AdminOperations,
  | 'terminals'
  | 'terminal'
  | 'addTerminal'
  | 'changeTerminal'
  | 'replaceTerminal'
  | 'importTerminals'
>

export function merchantOperations(tools: OperationTools): MerchantOperations {
  const { store, by, runtime, threads, config } = tools
  const { journal, database } = store
  const { reportMs: limitMs } = config.timeouts
  const today = () => tehranTime(tools.wallMs()).day
  const detailOf = (key: MerchantKey) =>
    mustFind(merchantDetail(database, key, today()), `merchant ${key.mid}`)
  return {
    merchants: async (search) =>
      mustFinish(await threads.run({ kind: 'merchants', search }, { limitMs })),
    merchant: async (mid, institution) => detailOf({ mid, institution }),
    addMerchant: async (actor, merchant) => {
      mustWrite(await addMerchant(journal, merchant, by(actor)), `merchant ${merchant.mid}`)
      return merchantOf(tools, merchant).merchant
    },
    changeMerchant: async (actor, mid, { institution, ...change }) => {
      const key = { institution, mid }
      merchantOf(tools, key)
      mustWrite(await changeMerchant(journal, key, change, by(actor)), `merchant ${mid}`)
      runtime?.terminalsChanged()
      return merchantOf(tools, key).merchant
    },
    setCommission: async (actor, mid, { institution, product, rate, validFrom }) => {
      const key = { institution, mid }
      const { id } = merchantOf(tools, key)
      const from = validFrom === undefined ? today() : dayNumber(validFrom)
      const commission = { product, rate, validFrom: from }
      const result = await setCommission(journal, { ...key, id }, commission, by(actor))
      mustWrite(result, `the commission of merchant ${mid}`)
      return detailOf(key)
    },
    importMerchants: (actor, request, file) =>
      registered(tools, { kind: merchantList(), by: tools.by(actor), request }, file),
  }
}

export function terminalOperations(tools: OperationTools): TerminalOperations {
  const { store, by, runtime, threads, config } = tools
  const { journal, database } = store
  const { reportMs: limitMs } = config.timeouts
  const find = (key: TerminalKey) => mustFind(findTerminal(database, key), wordsOf(key))
  const shown = (key: TerminalKey) => {
    const { id: _id, ...terminal } = find(key)
    return terminal
  }
  const detailOf = async (key: TerminalKey) => {
    const found = terminalDetail(database, key, tehranTime(tools.wallMs()).day)
    const detail = mustFind(found, wordsOf(key))
    const owner = `terminal/${find(key).id}`
    return { ...detail, keys: detail.scheme === 'none' ? null : await ownerKeys(tools, owner) }
  }
  return {
    terminals: async ({ notSeenSince, ...filter }) => {
      const notSeenSinceMs = notSeenSince === undefined ? undefined : Date.parse(notSeenSince)
      const search = { ...filter, notSeenSinceMs }
      return mustFinish(await threads.run({ kind: 'terminals', search }, { limitMs }))
    },
    terminal: (key) => detailOf(key),
    addTerminal: async (actor, terminal) => {
      refuseSettings(terminal.settings)
      const { id } = merchantOf(tools, terminal)
      mustWrite(await addTerminal(journal, id, terminal, by(actor)), wordsOf(terminal))
      runtime?.terminalsChanged()
      return shown(terminal)
    },
    changeTerminal: async (actor, asked) => {
      const change = withSettings(tools, asked)
      refuseSettings(change.settings)
      const { id, state } = find(change)
      if (state === 'retired') throw isRetired(change)
      mustWrite(await changeTerminal(journal, id, change, by(actor)), wordsOf(change))
      runtime?.terminalsChanged()
      if (change.serial === null) runtime?.keysChanged(`terminal/${id}`)
      return shown(change)
    },
    replaceTerminal: async (actor, { by: tid, scheme, ...old }) => {
      const { id, state, scheme: same } = find(old)
      if (state === 'retired') throw isRetired(old)
      const next = { tid, scheme: scheme ?? same }
      const result = await replaceTerminal(journal, { ...old, id }, next, by(actor))
      const key = { ...old, tid }
      mustWrite(result, wordsOf(key))
      runtime?.terminalsChanged()
      return detailOf(key)
    },
    importTerminals: (actor, request, file) =>
      registered(tools, { kind: terminalList(), by: tools.by(actor), request }, file),
  }
}

function merchantOf({ store }: OperationTools, { institution, mid }: MerchantKey) {
  const found = findMerchant(store.database, { institution, mid })
  const { id, ...merchant } = mustFind(found, `merchant ${mid}`)
  return { id, merchant }
}

async function* registered<Row>(
  tools: OperationTools,
  list: { kind: RegistrationKind<Row>; by: By; request: RegistrationRequest },
  file: AsyncIterable<Uint8Array>,
) {
  const { store, clock, wallMs, runtime } = tools
  const { journal, database } = store
  const { by, request, kind } = list
  const after = (ms: number, run: () => void) => clock.after(ms, run)
  const own = { monotonicMs: () => clock.monotonicMs(), wallMs, after }
  const order = { ...request, by: by.by, how: by.how, today: tehranTime(wallMs()).day }
  for await (const event of register(kind, { journal, database, clock: own }, order, file)) {
    if (event.kind === 'done') runtime?.terminalsChanged()
    if (event.kind !== 'refused') yield event
    else {
      const { line, column, message, hint } = event.problem
      const where = column === '' ? `line ${line}` : `line ${line}, column ${column}`
      throw new EvsError('LIST_REFUSED', {
        message: `${where}: ${message}; nothing was registered`,
        hint,
        details: { problems: [event.problem] },
      })
    }
  }
}

/** Single settings among those that are there, which the write must find as they were read. */
function withSettings({ store }: OperationTools, asked: TerminalChange) {
  const { settingChanges, ...change } = asked
  if (settingChanges === undefined) return change
  if (change.settings !== undefined) {
    throw new EvsError('USAGE', { message: 'settings and settingChanges: one of them alone' })
  }
  const settingsBefore = settingsOf(store.database, asked)
  const settings = { ...settingsBefore }
  for (const [name, value] of Object.entries(settingChanges)) {
    if (value === null) delete settings[name]
    else settings[name] = value
  }
  return { ...change, settings, settingsBefore }
}

function wordsOf({ tid, mid }: TerminalKey): string {
  return `terminal ${tid} of merchant ${mid}`
}

function isRetired(key: TerminalKey): EvsError {
  const hint = 'retired is for ever: register a terminal with another number'
  return new EvsError('CONFLICT', { message: `${wordsOf(key)} is retired`, hint })
}

function refuseSettings(settings: Readonly<Record<string, string>> | undefined): void {
  const why = settings === undefined ? undefined : settingsProblem(settings)
  if (why === undefined) return
  throw new EvsError('USAGE', { message: `settings: ${why}`, hint: 'docs/terminals.md has them' })
}
