// Files that are imported as text.
declare module '*.css' {
  const text: string
  export default text
}

declare module '*/series.js' {
  const text: string
  export default text
}

declare module '*/charts.js' {
  const text: string
  export default text
}

declare module '*/copying.js' {
  const text: string
  export default text
}

declare module '*/live.js' {
  const text: string
  export default text
}

declare module 'uplot/*' {
  const text: string
  export default text
}
