import { Failure } from '../../src/kernel/index.js';
import type { AskOcm } from '../../src/peers/index.js';

/** Where nobody speaks Open Cloud Mesh. */
export const noMesh: AskOcm = async () => Promise.reject(new Failure('peer-failed', 'No server was found there.'));
