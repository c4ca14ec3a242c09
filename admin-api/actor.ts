// Who asks for an administrative act, and how that is known. It is filled in where a request comes
// in, goes into the audit record with the act, and decides nothing here.

export interface Actor {
  /** The name of the login; else the user of the process at the other end, as the command says. */
  readonly name: string
  readonly how?: {
    readonly as: 'login' | 'user'
    readonly from: 'socket' | 'tcp' | 'stopped'
    /** The approved request of an act for two persons, and who approved it. */
    readonly approval?: string
    readonly consentBy?: string
  }
  /** The open session, where there is one. */
  readonly session?: {
    readonly id: string
    readonly roles: readonly string[]
    /** Opened with the password of a recovery, which does nothing but change itself. */
    readonly mustChange?: true
  }
}
