import { describeKills } from './endurance.js';

// A thousand are in spec/long.
describeKills(6);
