// The part of the fake operations that is about merchants and terminals.

import type { AdminOperations } from '../../admin-api/operations.ts'
import type { RegistrationEvent } from '../../admin-api/terminal-schemas.ts'
import { EXAMPLES } from './examples.ts'
import { textOf } from './text-of.ts'

type Note = <T>(name: string, given: readonly unknown[], answer: T) => Promise<T>

type FakeTerminals = Pick<
  AdminOperations,
  | 'merchants'
  | 'merchant'
  | 'addMerchant'
  | 'changeMerchant'
  | 'setCommission'
  | 'importMerchants'
  | 'terminals'
  | 'terminal'
  | 'addTerminal'
  | 'changeTerminal'
  | 'replaceTerminal'
  | 'importTerminals'
>

export function fakeTerminals(note: Note): FakeTerminals {
  const { terminal } = EXAMPLES
  const merchant = () => ({ ...EXAMPLES.merchant, products: [...EXAMPLES.merchant.products] })
  const detail = () => ({ ...merchant(), commission: [], today: EXAMPLES.merchantDetail.today })
  const list = (name: string): AdminOperations['importMerchants'] =>
    async function* (actor, request, file) {
      yield { kind: 'progress', rows: 0, bytes: 0 }
      await note(name, [actor, request, await textOf(file)], undefined)
      yield registered()
    }
  return {
    merchants: (...given) => note('merchants', given, { merchants: [merchant()], after: null }),
    merchant: (...given) => note('merchant', given, { ...detail(), mid: given[0] }),
    addMerchant: (...given) => note('addMerchant', given, { ...merchant(), mid: given[1].mid }),
    changeMerchant: (...given) => note('changeMerchant', given, { ...merchant(), mid: given[1] }),
    setCommission: (...given) => note('setCommission', given, { ...detail(), mid: given[1] }),
    importMerchants: list('importMerchants'),
    terminals: (...given) => note('terminals', given, { terminals: [terminal], after: null }),
    terminal: (...given) => note('terminal', given, { ...EXAMPLES.terminalDetail, ...given[0] }),
    addTerminal: (...given) => note('addTerminal', given, { ...terminal, tid: given[1].tid }),
    changeTerminal: (...given) => {
      const { state = 'active' } = given[1]
      return note('changeTerminal', given, { ...terminal, state })
    },
    replaceTerminal: (...given) =>
      note('replaceTerminal', given, { ...EXAMPLES.terminalDetail, tid: given[1].by }),
    importTerminals: list('importTerminals'),
  }
}

function registered(): RegistrationEvent {
  return { ...EXAMPLES.registrationDone, refused: 0, problems: [] }
}
