import { playAgreement } from './play-agreement.js';
import { playEndings } from './play-endings.js';
import { playFiles } from './play-files.js';
import { createStage } from './stage.js';
import type { Town } from './town.js';
import type { Transcript } from './transcript.js';

/** Plays the whole main job (product.md, steps 1 to 9) through the pages and the mail that people use. */
export async function playMainJob(town: Town, transcript: Transcript): Promise<void> {
  const stage = createStage(town, transcript);
  await playAgreement(stage);
  await playFiles(stage);
  await playEndings(stage);
}
