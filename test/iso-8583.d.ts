// What the tests use of the npm package iso_8583, which brings no types of its own.

declare module 'iso_8583' {
  /** DE number to value; `0` is the MTI. */
  type IsoMessage = Record<string, string>

  interface IsoFormat {
    readonly ContentType: string
    readonly Label: string
    readonly LenType: 'fixed' | 'llvar' | 'lllvar'
    readonly MaxLen: number
  }

  class Iso8583 {
    constructor(message?: IsoMessage, customFormats?: Record<string, IsoFormat>)
    /** The frame with its 2-byte length, or why there is none. */
    getBufferMessage(): Buffer | { readonly error: string }
    getIsoJSON(frame: Buffer, config?: object): IsoMessage & { readonly error?: string }
    validateMessage(): boolean | { readonly error: string }
  }

  // biome-ignore lint/style/noDefaultExport: it is what the package exports.
  export { Iso8583 as default, type IsoFormat, type IsoMessage }
}
