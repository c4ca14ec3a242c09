// Why a text is not a value: what every parser of this folder gives back instead of the value.
// An object, so that it cannot be taken for a branded string.

export interface Reason {
  readonly reason: string
}

export function reason(text: string): Reason {
  return { reason: text }
}

export function isReason(value: unknown): value is Reason {
  return typeof value === 'object' && value !== null && 'reason' in value
}
