/** What the program says on the command line, in the same words; or why a mock cannot be had. */
export class MockError extends Error {
  override readonly name = 'MockError'
}
