import { describeSoak } from './soak.js';

// Ten minutes are in spec/long.
describeSoak({ minutes: 0.1, looks: 2 });
