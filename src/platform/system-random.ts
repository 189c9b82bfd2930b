import { randomBytes } from 'node:crypto';
import type { Random } from '../kernel/index.js';

/** The system's CSPRNG (threat model OAU-19). */
export const systemRandom: Random = { bytes: (size) => randomBytes(size) };
