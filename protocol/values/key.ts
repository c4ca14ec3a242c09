// A key as everybody but the security module sees it: what it is for. Its bytes are inside the
// module; what lies on disk is enciphered.

/** `tdes`: double length, with X9.19 MACs. `aes`: 128 bits, with CMACs. */
export type KeyScheme = 'tdes' | 'aes'

/**
 * `master`: of a terminal or a zone, wraps other keys and nothing else. `mac`, `pin`, `data`:
 * session keys of a terminal or a zone. `dukpt-base`: what the keys of a DUKPT terminal come from.
 */
export type KeyUse = 'master' | 'mac' | 'pin' | 'data' | 'dukpt-base'

/** A handle. Prints as its use, scheme and check value. */
export interface Key {
  readonly use: KeyUse
  readonly scheme: KeyScheme
}
