// The engines there are.
import type { RunSettings } from '../../config/config.ts'
import { serveBun } from './bun.ts'
import type { Engine } from './engine.ts'
import { serveSocket } from './socket.ts'

export const engines: Readonly<Record<RunSettings['engine'], Engine>> = { bun: serveBun, socket: serveSocket }
