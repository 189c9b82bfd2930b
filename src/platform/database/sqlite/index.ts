export { assertDriverLoads, type SqliteDriver } from './driver.js';
export { JointCommits, type JointOptions, type Outcome } from './joint-commits.js';
export { runPlain, type PlainConnection } from './plain.js';
