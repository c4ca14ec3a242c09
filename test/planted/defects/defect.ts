// What a planted defect is: one or more places of the source, and what is put there instead.

export interface Edit {
  readonly file: string
  readonly find: string
  readonly put: string
}

export interface Defect {
  readonly name: string
  readonly edits: readonly Edit[]
}

export function defect(name: string, file: string, find: string, put: string): Defect {
  return { name, edits: [{ file, find, put }] }
}
