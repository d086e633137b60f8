// What a terminal understands.

/** Takes a terminal back to the beginning of an empty line. */
export const CLEAR_LINE = '\r\u001b[2K'
