import { describeFaultSequences } from './sequences.js';

// All 200 are in spec/long.
describeFaultSequences(6);
