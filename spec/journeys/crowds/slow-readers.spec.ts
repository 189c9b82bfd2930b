import { describeSlowReaders } from './slow-readers.js';

// A thousand are in spec/long.
describeSlowReaders(250);
