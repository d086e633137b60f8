// What `--version`, the banner and later reports call this program.
import manifest from '../../package.json' with { type: 'json' }

/** Set by the build script; absent when run from source. */
declare const BUILD_COMMIT: string | undefined

/** `0.1.0`, or `0.1.0 (1a2b3c4)` in a built executable. */
export const version: string =
  typeof BUILD_COMMIT === 'string' ? `${manifest.version} (${BUILD_COMMIT})` : manifest.version
