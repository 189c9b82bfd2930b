import { describeSlowReaders } from '../journeys/crowds/slow-readers.js';

describeSlowReaders(1_000);
