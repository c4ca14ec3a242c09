// Single vouchers: out of quarantine, revealed, and back from behind a fence. All but looking needs
// two persons, which the gate has seen to. A PIN is shown only of what nobody can buy any more, and
// counted before it is shown.

import type { ControlOperations } from '../../admin-api/control-operations.ts'
import { EvsError } from '../../admin-api/errors.ts'
import { findBatch } from '../../voucher-store/admin/batches.ts'
import {
  findVoucher,
  isShowable,
  leaveQuarantine,
  noteRevealed,
  staysBecause,
} from '../../voucher-store/admin/vouchers.ts'
import { readFence, returnFenced } from '../../voucher-store/backup/fence.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { SqliteVault } from '../../voucher-store/vault/vault.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type VoucherOperations = Pick<
  ControlOperations,
  'vouchers' | 'changeVoucher' | 'revealVoucher' | 'returnFenced'
>

export function voucherOperations(tools: OperationTools): VoucherOperations {
  const { store, by, runtime, threads, config } = tools
  const { journal, database } = store
  const stock = new SqliteStockReader(database)
  const vault = new SqliteVault(store.ring, (id) => stock.byId(id))
  const voucherOf = (id: number) => mustFind(findVoucher(database, id), `voucher ${id}`)
  const opened = (id: number) => {
    const voucher = stock.byId(id)
    return voucher === undefined ? undefined : vault.openPin(voucher)
  }
  return {
    vouchers: async (search) => {
      const { reportMs: limitMs } = config.timeouts
      return mustFinish(await threads.run({ kind: 'vouchers', search }, { limitMs }))
    },
    changeVoucher: async (actor, id, { action }) => {
      const voucher = voucherOf(id)
      const to = action === 'void' ? 'voided' : 'available'
      const why = staysBecause(database, voucher, to)
      if (why !== undefined) throw new EvsError('CONFLICT', { message: `voucher ${id}: ${why}` })
      if (to === 'available' && opened(id) === undefined) {
        const message = `voucher ${id}: its PIN does not open, so it cannot be sold`
        throw new EvsError('CONFLICT', { message, hint: 'void it, and claim it of the supplier' })
      }
      mustWrite(await leaveQuarantine(journal, voucher, to, by(actor)), `voucher ${id}`)
      if (to === 'available') runtime?.inventory.stockChanged(voucher.batch)
      return voucherOf(id)
    },
    revealVoucher: async (actor, id) => {
      const voucher = voucherOf(id)
      if (!isShowable(voucher)) {
        const message = `voucher ${id} is ${voucher.state}: only what was sold is revealed`
        throw new EvsError('CONFLICT', { message })
      }
      const voucherPin = opened(id)
      if (voucherPin === undefined) {
        throw new EvsError('CONFLICT', { message: `voucher ${id}: its PIN does not open` })
      }
      mustWrite(await noteRevealed(journal, voucher, by(actor)), `voucher ${id}`)
      return { ...voucherOf(id), voucherPin: voucherPin.reveal() }
    },
    returnFenced: async (actor, id) => {
      const consentBy = actor.how?.consentBy
      if (consentBy === undefined) throw new EvsError('NOT_ALLOWED')
      const batch = mustFind(findBatch(database, id), `batch ${id}`)
      if (readFence(database) !== undefined) {
        const hint = 'reconcile, then `evs fence accept`; then decide batch by batch'
        throw new EvsError('CONFLICT', { message: 'the fence is not accepted yet', hint })
      }
      if (batch.counts.fenced === 0) {
        throw new EvsError('CONFLICT', { message: `nothing of batch ${id} is fenced` })
      }
      const { returned, problem } = await returnFenced(store, id, { ...by(actor), consentBy })
      // Also what came back before the disk took no more is for sale.
      if (returned > 0) runtime?.inventory.stockChanged(id)
      if (problem !== undefined) mustWrite(problem, `batch ${id}`)
      return mustFind(findBatch(database, id), `batch ${id}`)
    },
  }
}
