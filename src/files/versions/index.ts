export { arrivalIn, firstVisible, noteMove } from './arrivals.js';
export { dropContents, oldestContents, type OldContent } from './old-contents.js';
export { thinDueVersions, thinningAfter } from './thinner.js';
export { nextThinning, thinned, type Dated, type ThinningStep, type ThinningRule } from './thinning.js';
