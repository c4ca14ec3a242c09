// What the figures of a trial of overload must be. Knows no sockets: figures in, violations out.

export interface StepFigures {
  /** Of what the card host takes. */
  readonly times: number
  readonly offeredPerSecond: number
  /** After the card host's time, when the queue is what the load makes of it. */
  readonly goodputPerSecond: number
  readonly acceptedP50Ms: number
  readonly acceptedP99Ms: number
  readonly shed: number
  readonly shedP99Ms: number
  readonly silent: number
  readonly codes: Readonly<Record<string, number>>
  readonly inFlightMost: number
  readonly generatorCpuShare: number
  readonly switchCpuShare: number
  readonly generatorLatenessP99Ms: number
  readonly generatorWasTheLimit: boolean
}

export interface Figures {
  /** What the card host takes in a second. */
  readonly capacity: number
  readonly steps: readonly StepFigures[]
  readonly slowHost: { readonly servedShare: number }
  readonly silentHosts: readonly { readonly kind: string; readonly recoverySeconds: number }[]
  readonly storm: { readonly servedShare: number }
  readonly honest: { readonly servedShare: number }
  readonly expiredDebits: number
  /** Of sales that no terminal began. */
  readonly unknownDebits: number
  readonly shedReversals: number
  readonly shedConfirmations: number
  readonly shedRepeats: number
  readonly unansweredReversals: number
  readonly unansweredConfirmations: number
  readonly rssPeakMb: number
  readonly inFlightMost: number
  readonly differences: readonly string[]
  readonly broken: readonly string[]
}

export interface Gate {
  readonly shedP99Ms: number
  readonly rssMostMb: number
  readonly inFlightMost: number
  readonly recoverySeconds: number
}

const AT_TWICE = 0.9
const AT_MOST = 0.8
/** Of the capacity; the rest goes to reversals, which stand in the same queue. */
const PEAK = 0.8
const SERVED = 0.99
const SERVED_BY_SLOW_HOST = 0.98

export function peakOf(steps: readonly StepFigures[]): number {
  return Math.max(0, ...steps.map(({ goodputPerSecond }) => goodputPerSecond))
}

export function ratioOf(steps: readonly StepFigures[], step: StepFigures): number {
  const peak = peakOf(steps)
  return peak === 0 ? 0 : Number((step.goodputPerSecond / peak).toFixed(3))
}

export function violationsOf(figures: Figures, gate: Gate): string[] {
  const found = figures.steps.flatMap((step) => ofStep(figures.steps, step, gate))
  const must = (holds: boolean, what: string) => {
    if (!holds) found.push(what)
  }
  for (const what of [
    'expiredDebits',
    'unknownDebits',
    'shedReversals',
    'shedConfirmations',
    'shedRepeats',
    'unansweredReversals',
    'unansweredConfirmations',
  ] as const) {
    must(figures[what] === 0, `${what}: ${figures[what]}`)
  }
  const peak = peakOf(figures.steps)
  must(peak >= figures.capacity * PEAK, `the peak is ${peak} a second`)
  const { slowHost, silentHosts, storm, honest } = figures
  must(slowHost.servedShare >= SERVED_BY_SLOW_HOST, `slow host: ${slowHost.servedShare} served`)
  must(storm.servedShare >= SERVED, `storm: ${storm.servedShare} served`)
  must(honest.servedShare >= SERVED, `honest terminals: ${honest.servedShare} served`)
  for (const { kind, recoverySeconds } of silentHosts) {
    must(recoverySeconds <= gate.recoverySeconds, `${kind} host: ${recoverySeconds} s to recover`)
  }
  must(figures.rssPeakMb <= gate.rssMostMb, `memory: ${figures.rssPeakMb} MB`)
  must(figures.inFlightMost <= gate.inFlightMost, `in flight: ${figures.inFlightMost} sales`)
  return [...found, ...figures.differences, ...figures.broken]
}

function ofStep(steps: readonly StepFigures[], step: StepFigures, gate: Gate): string[] {
  const found: string[] = []
  const name = `${step.times} times`
  const least = step.times > 2 ? AT_MOST : AT_TWICE
  const ratio = ratioOf(steps, step)
  if (step.times >= 2 && ratio < least) found.push(`${name}: ${ratio} of the peak`)
  if (step.times < 1) {
    const served = step.goodputPerSecond / step.offeredPerSecond
    if (served < AT_TWICE) found.push(`${name}: ${served.toFixed(3)} of what was offered`)
  }
  if (step.shedP99Ms > gate.shedP99Ms) found.push(`${name}: 96 after ${step.shedP99Ms} ms`)
  if (step.generatorWasTheLimit) found.push(`${name}: the generator was the limit`)
  return found
}

/**
 * Seconds from `sinceMs` until sales are served again and stay so up to `endMs`: of every second
 * from then on, what was offered was sold. More than there are when they are not.
 */
export function recoverySeconds(
  sold: readonly { readonly dueMs: number }[],
  perSecond: number,
  sinceMs: number,
  endMs: number,
): number {
  const seconds = Math.floor((endMs - sinceMs) / 1_000)
  const served = new Array<number>(seconds).fill(0)
  for (const { dueMs } of sold) {
    const second = Math.floor((dueMs - sinceMs) / 1_000)
    if (second >= 0 && second < seconds) served[second] = (served[second] ?? 0) + 1
  }
  const last = served.findLastIndex((count) => count < perSecond * AT_TWICE)
  return last === seconds - 1 ? seconds + 1 : last + 1
}
