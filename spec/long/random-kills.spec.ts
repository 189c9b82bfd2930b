import { describeKills } from '../journeys/kills/endurance.js';

describeKills(1_000);
