// What a terminal understands.

/** Takes a terminal back to the beginning of an empty line. */
export const CLEAR_LINE = '\r\u001b[2K'

const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const

/** A text in a style; where there are no colours, the text as it is. */
export type Paint = (style: keyof typeof styles, text: string) => string

/** Colours are for terminals, unless `NO_COLOR` says no (no-color.org). */
export function painterFor(
  isTerminal: boolean | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  return isTerminal && !environment['NO_COLOR'] ? inColor : plain
}

export const plain: Paint = (_, text) => text

export const inColor: Paint = (style, text) => {
  if (text === '') return ''
  const [begin, end] = styles[style]
  return `\u001b[${begin}m${text}\u001b[${end}m`
}
