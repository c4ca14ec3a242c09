// Which faults met sales in which states, and which transitions of a sale and of a reversal took
// place: sums over all seeds of a run. Reads the journal's records beside the frames; judges
// nothing.

import type { JournalRecord, WriteResult } from '../../../switch/core/journal.ts'
import { PURCHASE_FAULTS, REVERSAL_FAULTS } from '../sim-host.ts'
import { type Fault, WIRE_FAULTS, WORLD_FAULTS } from '../weather.ts'
import type { WireMessage } from '../wire/codec.ts'
import { TRANSITIONS, TransitionWatch } from './transitions.ts'

/** Of a sale, as its identity shows it from outside. */
const STATES = [
  ...['asked', 'debiting', 'deciding', 'sold', 'confirmed'],
  ...['declined', 'reversing', 'reversed'],
]

/** The cells that a fault can meet: a purchase fault meets a sale that is being debited. */
function cellsOf(fault: Fault): string[] {
  if ((PURCHASE_FAULTS as readonly Fault[]).includes(fault)) return [`${fault} / debiting`]
  if ((REVERSAL_FAULTS as readonly Fault[]).includes(fault)) {
    return [`${fault} / reversing`, `${fault} / reversed`]
  }
  return STATES.map((state) => `${fault} / ${state}`)
}

const CELLS = [...WIRE_FAULTS, ...WORLD_FAULTS, ...PURCHASE_FAULTS, ...REVERSAL_FAULTS].flatMap(
  cellsOf,
)

export interface CoverageFigures {
  readonly transitions: Record<string, number>
  readonly cells: Record<string, number>
}

export class Coverage {
  readonly #transitions = new Map<string, number>()
  readonly #cells = new Map<string, number>()
  #watch = new TransitionWatch((name) => add(this.#transitions, name, 1))

  /** A seed begins. */
  begin(): void {
    this.#watch = new TransitionWatch((name) => add(this.#transitions, name, 1))
  }

  met(fault: Fault, states: readonly string[]): void {
    for (const state of states) add(this.#cells, `${fault} / ${state}`, 1)
  }

  started(): void {
    this.#watch.started()
  }

  crashed(): void {
    this.#watch.crashed()
  }

  recorded(record: JournalRecord, result: WriteResult): void {
    this.#watch.recorded(record, result)
  }

  sentToHost({ mti, fields }: WireMessage): void {
    if (mti === '0200') this.#watch.debited(fields[37] ?? '')
  }

  figures(): CoverageFigures {
    return {
      transitions: Object.fromEntries(this.#transitions),
      cells: Object.fromEntries(this.#cells),
    }
  }

  merge(figures: CoverageFigures): void {
    for (const [name, n] of Object.entries(figures.transitions)) add(this.#transitions, name, n)
    for (const [name, n] of Object.entries(figures.cells)) add(this.#cells, name, n)
  }

  /** Shares from 0 to 1, and what is missing. */
  summary() {
    const missingTransitions = TRANSITIONS.filter((name) => !this.#transitions.has(name))
    const missingCells = CELLS.filter((name) => !this.#cells.has(name))
    return {
      transitionCoverage: 1 - missingTransitions.length / TRANSITIONS.length,
      cellCoverage: 1 - missingCells.length / CELLS.length,
      transitions: TRANSITIONS.length,
      cells: CELLS.length,
      missingTransitions,
      missingCells,
    }
  }
}

function add(sums: Map<string, number>, name: string, n: number): void {
  sums.set(name, (sums.get(name) ?? 0) + n)
}
