// The deliberate faults of every room of src/.
import { answers } from './answers.ts'
import { apiAnswers } from './apis.ts'
import { apiTexts } from './apitexts.ts'
import { bedrockApis, bedrockReplies, bedrockServer } from './bedrock.ts'
import { benchNumbers } from './bench.ts'
import { benchRuns } from './benchruns.ts'
import { judging, polling } from './clientverdict.ts'
import { agents, cohere } from './cohere.ts'
import { commandLine } from './commandline.ts'
import { comparisons } from './comparisons.ts'
import { config } from './config.ts'
import { wiredConfig, wiredEngines, wiredReplies, wiredServer } from './connections.ts'
import { contents } from './contents.ts'
import { doors } from './doors.ts'
import { engines } from './engines.ts'
import { fleetLife } from './fleet.ts'
import { fleetWords } from './fleetwords.ts'
import { journaling } from './journal.ts'
import { leavings } from './leavings.ts'
import { index, library, manual } from './library.ts'
import type { Rooms } from './mutant.ts'
import { pageDesk, pageNumbers } from './page.ts'
import { kept } from './patching.ts'
import { readings } from './readings.ts'
import { replies } from './replies.ts'
import { providers } from './providers.ts'
import { prepared } from './replydeck.ts'
import { rules } from './rules.ts'
import { schemas } from './schemas.ts'
import { server } from './server.ts'
import { shapeKinds, shapesDealt, shapesMade, shapesSaid } from './shapes.ts'
import { slicedPieces, slicedWork, slices } from './slices.ts'
import { stats } from './stats.ts'
import { shares } from './shares.ts'
import { steered } from './steered.ts'
import { steeredConfig } from './steeredconfig.ts'
import { steeredFleet } from './steeredfleet.ts'
import { summaries } from './summaries.ts'
import { written } from './written.ts'

export const rooms: Rooms = {
  config: [...config, ...commandLine, ...contents, ...rules, ...wiredConfig, ...shapeKinds, ...steeredConfig],
  apis: [
    ...apiAnswers,
    ...apiTexts,
    ...schemas,
    ...readings,
    ...slicedPieces,
    ...shapesSaid,
    ...bedrockApis,
    ...cohere,
    ...providers,
  ],
  replies: [...replies, ...prepared, ...slicedWork, ...wiredReplies, ...shapesMade, ...bedrockReplies],
  server: [
    ...server,
    ...doors,
    ...kept,
    ...answers,
    ...agents,
    ...pageDesk,
    ...slices,
    ...steered,
    ...wiredServer,
    ...shapesDealt,
    ...bedrockServer,
    ...journaling,
  ],
  engines: [...engines, ...written, ...wiredEngines],
  stats: [...stats, ...leavings, ...judging, ...summaries, ...shares, ...pageNumbers],
  fleet: [...steeredFleet, ...fleetLife, ...fleetWords, ...polling],
  index,
  library,
  manual,
  bench: [...benchNumbers, ...benchRuns, ...comparisons],
}
