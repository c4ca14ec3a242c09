// What the core tells the people who run it. Whoever listens writes it to the log and to metrics.
// The fields are an allow-list: there is no place in them for a secret.

/** Something an administrator must hear of. Fields are an allow-list without secrets. */
export interface Notice {
  readonly level: 'info' | 'warn' | 'alarm'
  readonly what: string
  readonly saleId?: number
  readonly detail?: string
}
