// The deliberate faults of every room of src/.
import { apis } from './apis.ts'
import { bench } from './bench.ts'
import { config } from './config.ts'
import { engines } from './engines.ts'
import { fleet } from './fleet.ts'
import type { Rooms } from './mutant.ts'
import { replies } from './replies.ts'
import { server } from './server.ts'
import { stats } from './stats.ts'

export const rooms: Rooms = { config, apis, replies, server, engines, stats, fleet, bench }
