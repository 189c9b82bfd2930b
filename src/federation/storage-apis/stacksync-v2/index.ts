export type { Probe } from './probe.js';
export { StacksyncSpace, type Kinds, type StacksyncSpaceInputs } from './space.js';
