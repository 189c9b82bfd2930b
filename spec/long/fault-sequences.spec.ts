import { describeFaultSequences } from '../journeys/faults/sequences.js';

describeFaultSequences(200);
