// The kill matrix as data: at which points the process is killed, in which operation, against which
// behaviour of the card host. A point that an operation does not reach is not in its row.

export const HOSTS = ['approve', 'decline', 'silent', 'late', 'debit then drop'] as const
export type HostBehaviour = (typeof HOSTS)[number]

export const OPERATIONS = [
  ...['sale', 'repeat', 'reversal', 'early reversal', 'confirmation', 'late answer'],
  ...['import', 'backup', 'shutdown'],
] as const
export type Operation = (typeof OPERATIONS)[number]

export interface Cell {
  readonly operation: Operation
  readonly host: HostBehaviour
  readonly point: string
  /** Its n-th time. */
  readonly nth: number
}

const INTENT = around('intent')
const OUTCOME = around('outcome')
const ASKING = ['before 0200', 'after 0200']
const ADVICE = ['before 0420', 'after 0420', 'got 0430', ...around('reversal')]
const ANSWERED = ['before answer 0210', 'after answer 0210']

const SALE: Readonly<Record<HostBehaviour, readonly string[]>> = {
  approve: [...INTENT, ...ASKING, 'got 0210', ...OUTCOME, ...ANSWERED],
  decline: [...INTENT, ...ASKING, 'got 0210', ...OUTCOME, ...ANSWERED],
  silent: [...INTENT, ...ASKING, ...OUTCOME, ...ANSWERED, ...ADVICE],
  late: [...INTENT, ...ASKING, ...OUTCOME, ...ANSWERED, ...ADVICE, 'got 0210'],
  'debit then drop': [...INTENT, ...ASKING, ...OUTCOME, ...ANSWERED, ...ADVICE],
}

export const CELLS: readonly Cell[] = [
  ...HOSTS.flatMap((host) => row('sale', host, SALE[host])),
  ...['intent', 'outcome'].flatMap((kind) =>
    row('sale', 'approve', [`before mark of ${kind}`, `after mark of ${kind}`]),
  ),
  ...row('repeat', 'approve', [...around('disclosure')]),
  ...row('repeat', 'approve', ANSWERED, 2),
  ...row('repeat', 'decline', ANSWERED, 2),
  ...(['silent', 'late', 'debit then drop'] as const).flatMap((host) =>
    row('repeat', host, [...ANSWERED, 'got 0430', 'after commit of reversal']),
  ),
  ...row('reversal', 'approve', [...around('refund'), ...ADVICE]),
  ...row('reversal', 'approve', ['before answer 0410', 'after answer 0410']),
  ...HOSTS.flatMap((host) => row('early reversal', host, around('cancel'))),
  ...row('early reversal', 'approve', ['before answer 0410', 'after answer 0410', ...ADVICE]),
  ...HOSTS.flatMap((host) => [
    ...row('confirmation', host, around('confirm')),
    ...row('confirmation', host, ['before answer 0230', 'after answer 0230']),
  ]),
  ...row('late answer', 'late', ['got 0210', ...around('reversal')]),
  ...row('late answer', 'late', around('reversal'), 2),
  ...HOSTS.flatMap((host) => besides(host)),
]

/** As `--only` finds it. */
export function nameOf({ operation, host, point, nth }: Cell): string {
  return `${operation} / ${host} / ${point} ${nth}`
}

/** What is done beside a sale: the host's behaviour is towards that one. */
function besides(host: HostBehaviour): Cell[] {
  const written = ['before backup write', 'after backup write']
  return [
    ...[1, 2, 3, 4].flatMap((nth) => row('import', host, around('admin'), nth)),
    ...[1, 2].flatMap((nth) => row('backup', host, written, nth)),
    ...row('backup', host, ['before rename backup', 'after rename backup']),
    ...row('shutdown', host, ['before close', 'before checkpoint', 'after checkpoint']),
    ...row('shutdown', host, ['before last mark', 'after last mark']),
  ]
}

/** The share of a short run: every point once, with the first operation that reaches it. */
export const ONE_OF_EACH_POINT: readonly Cell[] = CELLS.filter(
  (cell, index) => CELLS.findIndex(({ point }) => point === cell.point) === index,
)

function row(
  operation: Operation,
  host: HostBehaviour,
  points: readonly string[],
  nth = 1,
): Cell[] {
  return points.map((point) => ({ operation, host, point, nth }))
}

/** The life of one record of that kind. */
function around(kind: string): string[] {
  return [
    `hand over ${kind}`,
    `before commit of ${kind}`,
    `after commit of ${kind}`,
    `news of ${kind}`,
  ]
}
