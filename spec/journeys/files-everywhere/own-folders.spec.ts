import { filesEverywhere } from './suite.js';

filesEverywhere('an own folder');
