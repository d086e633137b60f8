// The plotting library as text, for documents that hold it.
import license from 'uplot/LICENSE' with { type: 'text' }
import script from 'uplot/dist/uPlot.iife.min.js' with { type: 'text' }
import style from 'uplot/dist/uPlot.min.css' with { type: 'text' }

export const uplotStyle = style

/** With its licence, which asks for that. */
export const uplotScript = `/*\n${license.trim()}\n*/\n${script}`
