import { describeSoak } from '../journeys/soak/soak.js';

describeSoak({ minutes: 10, looks: 40 });
