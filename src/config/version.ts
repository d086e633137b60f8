// What `--version`, the banner and the reports call this program.
import manifest from '../../package.json' with { type: 'json' }

/** Set by the build script; absent when run from source. */
declare const BUILD_COMMIT: string | undefined

export const version: string = manifest.version

/** The commit it was built from; null when run from source. */
export const commit: string | null = typeof BUILD_COMMIT === 'string' ? BUILD_COMMIT : null

/** `0.1.0`, or `0.1.0 (1a2b3c4)` in a built executable. */
export const versionText: string = commit === null ? version : `${version} (${commit})`
