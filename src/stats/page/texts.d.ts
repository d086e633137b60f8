// Files that are imported as text.
declare module '*.css' {
  const text: string
  export default text
}

declare module '*/plot.js' {
  const text: string
  export default text
}

declare module 'uplot/*' {
  const text: string
  export default text
}
