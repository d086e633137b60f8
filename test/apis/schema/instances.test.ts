// Instances of random schemas, held against a validator that others wrote.
import { expect, test } from 'bun:test'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { instanceOf, Unsatisfiable } from '../../../src/apis/schema/instance.ts'
import { schemas } from './_schemas.ts'

/** What is valid for a great many schemas. */
const COMMON: readonly unknown[] = [{}, [], '', 'text', 'a', 0, 1, -1, 0.5, true, false, null]

const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9, logger: false, ownProperties: true })
formats['default'](ajv)

/** Undefined for a schema the validator does not take. */
function compile(schema: object): ValidateFunction | undefined {
  try {
    return ajv.compile(schema)
  } catch {
    return undefined
  } finally {
    ajv.removeSchema(schema) // else it keeps them all
  }
}

/** Undefined where the validator follows references without an end, or fails by itself, as ajv 8.20.0 does at some `not` and `if`. */
function isValid(validate: ValidateFunction, value: unknown): boolean | undefined {
  try {
    return validate(value)
  } catch (error) {
    if (error instanceof RangeError || error instanceof ReferenceError) return undefined
    throw error
  }
}

function attempt(schema: object): unknown {
  try {
    return instanceOf(schema)
  } catch (error) {
    if (error instanceof Unsatisfiable) return error
    throw error
  }
}

test('what is made is valid, and what is refused has no plain instance', () => {
  let made = 0
  let refused = 0
  fc.assert(
    fc.property(schemas, (schema) => {
      const validate = compile(schema)
      if (validate === undefined) return
      const found = attempt(schema)
      if (found instanceof Unsatisfiable) {
        refused++
        expect(found.path).toStartWith('#')
        expect([found.message, COMMON.filter((value) => isValid(validate, value) === true)]).toEqual([
          found.message,
          [],
        ])
        return
      }
      made++
      const whole = JSON.parse(JSON.stringify(found)) as unknown
      expect([whole, isValid(validate, whole) ?? true]).toEqual([whole, true])
      expect(attempt(schema)).toEqual(found)
    }),
    {
      // The same ones each time; SEED and RUNS try others.
      seed: Number(process.env['SEED'] ?? 7),
      numRuns: Number(process.env['RUNS'] ?? 2000),
      includeErrorInReport: true,
      interruptAfterTimeLimit: 60_000,
    },
  )
  expect(made).toBeGreaterThan(5 * refused)
})
