export type { Probe } from './probe.js';
export { StacksyncSpace, type Caps, type Kinds, type StacksyncSpaceInputs } from './space.js';
