// The host profile: what the answers of one bank's card host mean, as data. What a profile does not
// name settles nothing, because it may hide a debit. Does not look into messages. [wire-protocol 4]

export interface HostProfile {
  /** DE 39 of an approval, when DE 4 is also the one that was asked for. */
  readonly approvedCodes: readonly string[]
  /** DE 39 that says for certain that nothing was debited. */
  readonly definiteDeclines: readonly string[]
  /** A connection signs on before it carries anything else. */
  readonly signOn: boolean
  /** How a late approval is undone: the same 0421 with every field kept, or a fresh 0420. */
  readonly lateApproval: 'repeat' | 'fresh'
}

/** `partial`: less than was asked for has been debited. `open`: nobody can tell. */
export type CodeMeaning = 'approved' | 'partial' | 'declined' | 'open'

// [ISO 8583:1987 DE 39] Approved for a partial amount: never a sale, whatever a profile says.
const PARTIAL = '10'

export function meaningOf(profile: HostProfile, responseCode: string | undefined): CodeMeaning {
  if (responseCode === undefined) return 'open'
  if (responseCode === PARTIAL) return 'partial'
  if (profile.approvedCodes.includes(responseCode)) return 'approved'
  return profile.definiteDeclines.includes(responseCode) ? 'declined' : 'open'
}
