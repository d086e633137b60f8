// Files that are imported as text.
declare module '*/plot.js' {
  const text: string
  export default text
}
