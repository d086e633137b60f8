// Tables of schemas and what is made for each, and of what is refused.
import { describe, expect, test } from 'bun:test'
import { instanceOf, Unsatisfiable } from '../../../src/apis/schema/instance.ts'

export type Rows = Readonly<Record<string, readonly (readonly [schema: unknown, instance: unknown])[]>>

/** Tests that for each schema just this instance is made, its properties in this order. */
export function expectInstances(rows: Rows): void {
  describe.each(Object.entries(rows))('%s', (_, table) => {
    test.each(table)('%j', (schema, instance) => {
      const found = instanceOf(schema)
      expect(found).toEqual(instance)
      expect(JSON.stringify(found)).toBe(JSON.stringify(instance))
      expect(instanceOf(structuredClone(schema))).toEqual(found)
    })
  })
}

/** Why there is no instance. @throws Error when there is one */
export function refusal(schema: unknown): Unsatisfiable {
  try {
    throw new Error(`made ${JSON.stringify(instanceOf(schema))}`)
  } catch (error) {
    if (error instanceof Unsatisfiable) return error
    throw error
  }
}
