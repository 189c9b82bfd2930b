export { refuseOddFraming } from './framing.js';
export { letSendersRead } from './lingering.js';
export { PACE, Pacekeeper, whenTooSlow, type PaceLimits } from './pace.js';
export { secureIn } from './secure.js';
export { refuseOddTargets } from './targets.js';
